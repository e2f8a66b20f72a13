export function toPalette(png: Buffer): Buffer;
export function decode(png: Buffer): { width: number; height: number; pixels: Uint32Array } | null;
