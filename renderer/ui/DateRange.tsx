import { DatePicker } from 'antd';
import dayjs from 'dayjs';

/** Days, both ends included. `from` and `to` are local midnights in milliseconds, `to` exclusive. */
export function DateRange(props: {
  labels: { from: string; to: string };
  from: number | null;
  to: number | null;
  onChange: (from: number, to: number) => void;
}) {
  return (
    <DatePicker.RangePicker
      value={props.from === null || props.to === null ? null : [dayjs(props.from), dayjs(props.to - 1)]}
      placeholder={[props.labels.from, props.labels.to]}
      aria-label={`${props.labels.from} ${props.labels.to}`}
      allowClear={false}
      onChange={(range) => {
        const [from, to] = range ?? [null, null];
        if (from && to) props.onChange(from.startOf('day').valueOf(), to.add(1, 'day').startOf('day').valueOf());
      }}
      style={{ width: 230 }}
    />
  );
}
