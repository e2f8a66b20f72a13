/**
 * What the window's page may do, in every host (SE1, SE2): its own scripts, styles and pictures, its own door, nothing else.
 * Styles may be inline because the component library writes them at run time; scripts may not.
 * `doors`: further addresses that the page may connect to (the loopback WebSocket's).
 */
function contentSecurityPolicy(doors: readonly string[] = []): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "media-src 'self' blob:",
    "worker-src 'self'",
    `connect-src ${["'self'", ...doors].join(' ')}`,
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "frame-src 'none'",
    "object-src 'none'",
  ].join('; ');
}

const FEATURES = ['camera', 'microphone', 'geolocation', 'usb', 'serial', 'hid', 'payment', 'display-capture', 'midi'];

export function pageHeaders(doors: readonly string[] = []): Readonly<Record<string, string>> {
  return {
    'content-security-policy': contentSecurityPolicy(doors),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': FEATURES.map((feature) => `${feature}=()`).join(', '),
  };
}

/**
 * For a checked picture (SE2): its type as found in its bytes, nothing else may be made of it, and no plain copy of it stays
 * in the page's own cache on disk.
 */
export function pictureHeaders(mime: string): Readonly<Record<string, string>> {
  return {
    'content-type': mime,
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'content-disposition': 'inline',
    'cache-control': 'no-store',
  };
}

/** The reference of a picture's path below the page, or null: `/attachments/m-12`. */
export function pictureRef(path: string): string | null {
  return (
    /^\/attachments\/((?:[mosq]-[0-9A-Za-z_-]{1,64})|(?:p-pkg-[0-9A-Za-z_-]{1,60}-[0-9a-f]{64}))$/.exec(path)?.[1] ??
    null
  );
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

export function contentType(extension: string): string {
  return TYPES[extension.toLowerCase()] ?? 'application/octet-stream';
}
