import { useEffect, useImperativeHandle, useLayoutEffect, useRef, useState, type Ref } from 'react';
import type { Chart as Drawing, ChartConfiguration, PointStyle } from 'chart.js';

export interface ChartSeries {
  readonly id: string;
  readonly label: string;
  /** One a label; null leaves a hole. */
  readonly values: readonly (number | null)[];
  /** What a status colour means (tokens.ts); without it the series takes the next colour of its own. */
  readonly tone?: 'accent' | 'waiting' | 'failed' | 'done' | 'offline';
}

export interface ChartProps {
  /** `stacked`: bars whose parts add up. */
  readonly kind: 'bar' | 'line' | 'stacked';
  /** Heading of the picture, name for screen readers and caption of the table. */
  readonly title: string;
  /** Along the other axis than the values. */
  readonly labels: readonly string[];
  /** What a label is, as the head of the table's first column. */
  readonly labelTitle: string;
  readonly series: readonly ChartSeries[];
  /** Bars lie, with long labels beside them. */
  readonly horizontal?: boolean;
  /** End of the value axis, such as 100 for scores; without it the data decide. */
  readonly max?: number;
  readonly height?: number;
  /** How a value reads in the table, on the axis and under the pointer. */
  readonly format?: (value: number) => string;
  /** A click on the place of a label. */
  readonly onPick?: (labelIndex: number) => void;
  /** The table is shown in place of the picture. */
  readonly asTable?: boolean;
  readonly ref?: Ref<ChartHandle>;
}

export interface ChartHandle {
  /** The chart with its title, on the theme's surface; null before it is drawn. `image/png`. */
  toPng(): Promise<Blob | null>;
}

const TONES = {
  accent: '--c-accent',
  waiting: '--c-waiting',
  failed: '--c-failed',
  done: '--c-done',
  offline: '--c-offline',
};
/** Own colours of series without a meaning: hues far apart, legible on both surfaces; shape and dash differ as well. */
const HUES = [232, 28, 160, 300, 200, 60, 340, 120] as const;
const POINTS: readonly PointStyle[] = ['circle', 'rect', 'triangle', 'rectRot', 'star', 'crossRot'];
const DASHES: readonly number[][] = [[], [6, 3], [2, 3], [8, 3, 2, 3]];

const LONGEST_LABEL = 14;
const shortened = (label: string): string => {
  const letters = [...label];
  return letters.length <= LONGEST_LABEL ? label : `${letters.slice(0, LONGEST_LABEL - 1).join('')}…`;
};

interface Look {
  readonly text: string;
  readonly soft: string;
  readonly line: string;
  readonly surface: string;
  readonly raised: string;
  readonly family: string;
  readonly still: boolean;
  colour(series: ChartSeries, index: number): string;
}

function lookOf(element: HTMLElement): Look {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  const isDark = style.colorScheme.includes('dark');
  return {
    text: token('--c-text'),
    soft: token('--c-text-soft'),
    line: token('--c-line'),
    surface: token('--c-canvas'),
    raised: token('--c-raised'),
    family: token('--t-family'),
    still: matchMedia('(prefers-reduced-motion: reduce)').matches,
    colour: (series, index) =>
      series.tone === undefined
        ? `hsl(${HUES[index % HUES.length] ?? 232} ${isDark ? '62% 66%' : '52% 44%'})`
        : token(TONES[series.tone]),
  };
}

function configuration(props: ChartProps, look: Look): ChartConfiguration {
  const format = props.format ?? String;
  const line = props.kind === 'line';
  const counts =
    props.max === undefined &&
    props.series.every(({ values: all }) => all.every((value) => Number.isInteger(value ?? 0)));
  const values = {
    beginAtZero: true,
    ...(props.max === undefined ? {} : { max: props.max }),
    stacked: props.kind === 'stacked',
    ticks: {
      color: look.soft,
      maxTicksLimit: 6,
      // Counts have no halves.
      ...(counts ? { precision: 0 } : {}),
      callback: (value: number | string) => format(Number(value)),
    },
    grid: { color: look.line },
    border: { display: false },
  };
  const names = {
    stacked: props.kind === 'stacked',
    ticks: {
      color: look.soft,
      autoSkip: !props.horizontal,
      maxRotation: 45,
      // The whole name stands under the pointer and in the table.
      callback: (_value: number | string, index: number) => shortened(props.labels[index] ?? ''),
    },
    grid: { display: false },
    border: { color: look.line },
  };
  const { onPick } = props;
  return {
    type: line ? 'line' : 'bar',
    data: {
      labels: [...props.labels],
      datasets: props.series.map((series, index) => {
        const colour = look.colour(series, index);
        return line
          ? {
              label: series.label,
              data: [...series.values],
              borderColor: colour,
              backgroundColor: colour,
              borderWidth: 2,
              borderDash: DASHES[index % DASHES.length] ?? [],
              pointStyle: POINTS[index % POINTS.length] ?? 'circle',
              pointRadius: 3,
              spanGaps: true,
            }
          : {
              label: series.label,
              data: [...series.values],
              backgroundColor: colour,
              borderColor: look.surface,
              borderWidth: props.kind === 'stacked' ? 1 : 0,
              borderRadius: 3,
              maxBarThickness: 28,
            };
      }),
    },
    options: {
      responsive: true,
      maintainAspectRatio: false,
      animation: look.still ? false : { duration: 120 },
      indexAxis: props.horizontal ? 'y' : 'x',
      font: { family: look.family, size: 12 },
      interaction: { mode: 'index', intersect: false, axis: props.horizontal ? 'y' : 'x' },
      scales: props.horizontal ? { x: values, y: names } : { x: names, y: values },
      ...(onPick === undefined
        ? {}
        : {
            onClick: (_event, hits) => {
              const [hit] = hits;
              if (hit) onPick(hit.index);
            },
          }),
      plugins: {
        legend: {
          display: props.series.length > 1,
          position: 'bottom',
          labels: {
            color: look.soft,
            usePointStyle: line,
            boxWidth: 12,
            boxHeight: 8,
            font: { family: look.family, size: 12 },
          },
        },
        tooltip: {
          backgroundColor: look.raised,
          titleColor: look.text,
          bodyColor: look.text,
          borderColor: look.line,
          borderWidth: 1,
          displayColors: props.series.length > 1,
          callbacks: {
            label: ({ dataset, parsed }) =>
              `${dataset.label ?? ''} ${format((props.horizontal ? parsed.x : parsed.y) ?? 0)}`,
          },
        },
      },
    },
  };
}

/**
 * A chart in the window's own colours, with the same figures as a table for whoever can't see it (or asks for it). The
 * library behind it is loaded when the first chart is shown and is imported nowhere else.
 */
export function Chart(props: ChartProps) {
  const figure = useRef<HTMLElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawing = useRef<Drawing | null>(null);
  const latest = useRef(props);
  const [failed, setFailed] = useState(false);
  const format = props.format ?? String;
  const asTable = (props.asTable ?? false) || failed;
  useLayoutEffect(() => {
    latest.current = props;
  });

  // Figures that change move in the picture that is there; by content, for a view makes new arrays at every turn.
  const content = JSON.stringify([props.title, props.labels, props.series, props.max]);
  const shape = `${props.kind} ${props.horizontal === true}`;
  useEffect(() => {
    if (asTable) return undefined;
    let gone = false;
    const draw = async (): Promise<void> => {
      const { ChartLibrary } = await import('./chart-library.ts');
      if (gone || canvas.current === null || figure.current === null) return;
      drawing.current?.destroy();
      drawing.current = new ChartLibrary(canvas.current, configuration(latest.current, lookOf(figure.current)));
      figure.current.dataset['drawn'] = 'true';
    };
    const redraw = (): void =>
      void draw().catch((thrown: unknown) => {
        // The figures are still there, as the table.
        reportError(thrown);
        if (!gone) setFailed(true);
      });
    redraw();
    const themes = new MutationObserver(redraw);
    themes.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', redraw);
    return () => {
      gone = true;
      themes.disconnect();
      scheme.removeEventListener('change', redraw);
      drawing.current?.destroy();
      drawing.current = null;
    };
  }, [shape, asTable]);
  useEffect(() => {
    const chart = drawing.current;
    if (chart === null || figure.current === null) return;
    const { data, options } = configuration(latest.current, lookOf(figure.current));
    chart.data = data;
    if (options) chart.options = options;
    chart.update('none');
  }, [content]);

  useImperativeHandle(props.ref, () => ({
    toPng: async () => {
      const [chart, source, host] = [drawing.current, canvas.current, figure.current];
      if (chart === null || source === null || host === null) return null;
      const look = lookOf(host);
      const scale = source.width / Math.max(1, source.clientWidth);
      const head = Math.round(40 * scale);
      const picture = document.createElement('canvas');
      picture.width = source.width;
      picture.height = source.height + head;
      const pen = picture.getContext('2d');
      if (pen === null) return null;
      pen.fillStyle = look.surface;
      pen.fillRect(0, 0, picture.width, picture.height);
      pen.fillStyle = look.text;
      pen.font = `600 ${Math.round(14 * scale)}px ${look.family}`;
      pen.fillText(latest.current.title, 12 * scale, 26 * scale, picture.width - 24 * scale);
      pen.drawImage(source, 0, head);
      return new Promise((resolve) => picture.toBlob(resolve, 'image/png'));
    },
  }));

  return (
    <figure ref={figure} className="ui-chart">
      {!asTable && (
        <div className="ui-chart-canvas" style={{ height: props.height ?? 240 }}>
          <canvas ref={canvas} role="img" aria-label={props.title} />
        </div>
      )}
      <div className={asTable ? 'ui-chart-table' : 'visually-hidden'}>
        <table>
          <caption>{props.title}</caption>
          <thead>
            <tr>
              <th scope="col">{props.labelTitle}</th>
              {props.series.map((series) => (
                <th key={series.id} scope="col">
                  {series.label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {props.labels.map((label, row) => (
              // Labels may repeat (two agents of one name); their order is their identity.
              <tr key={`${row} ${label}`}>
                <th scope="row" className="foreign">
                  {label}
                </th>
                {props.series.map((series) => {
                  const value = series.values[row] ?? null;
                  return (
                    <td key={series.id} className="num">
                      {value === null ? '–' : format(value)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}
