import { useState, type ReactNode } from 'react';
import { Bars } from '#renderer/ui/Bars.tsx';
import { Button, IconButton } from '#renderer/ui/Button.tsx';
import { Chart } from '#renderer/ui/Chart.tsx';
import { DataTable, type Column } from '#renderer/ui/DataTable.tsx';
import { DateRange } from '#renderer/ui/DateRange.tsx';
import { ConfirmDialog, Dialog } from '#renderer/ui/Dialog.tsx';
import { NoteDialog } from '#renderer/ui/NoteDialog.tsx';
import { ErrorCode } from '#renderer/ui/ErrorCode.tsx';
import { Field, Input, MultiSelect, Segmented, Select, Switch, TextArea } from '#renderer/ui/fields.tsx';
import { Icon, ICON_NAMES } from '#renderer/ui/Icon.tsx';
import { Marked } from '#renderer/ui/Marked.tsx';
import { Avatar, CountBadge, Dot, Kbd, ProgressBar, ProgressRing, Tag, type Tone } from '#renderer/ui/marks.tsx';
import { Menu, type MenuAnchor } from '#renderer/ui/Menu.tsx';
import { SplitPane } from '#renderer/ui/SplitPane.tsx';
import { ErrorState, LoadingState, OfflineStrip, StateMessage } from '#renderer/ui/states.tsx';
import { Tabs } from '#renderer/ui/Tabs.tsx';
import { toast, Toasts } from '#renderer/ui/Toast.tsx';
import { VirtualList } from '#renderer/ui/VirtualList.tsx';
import { address, PANELS, STATES, type Wanted } from './wanted.ts';

const TONES: readonly Tone[] = ['neutral', 'accent', 'waiting', 'failed', 'done', 'offline'];
const LONG = '一位名字特别特别长的消费者 Alexandrina Featherstonehaugh 🌿';
const FROM = new Date(2026, 10, 1).getTime();
const TO = new Date(2026, 10, 22).getTime();
const nothing = (): void => undefined;

interface Row {
  readonly agent: string;
  readonly receptions: number;
  readonly recalls: number;
}
const ROWS: readonly Row[] = [
  { agent: '客服小美', receptions: 128, recalls: 3 },
  { agent: '客服阿杰', receptions: 97, recalls: 0 },
  { agent: LONG, receptions: 1_204, recalls: 12 },
];
const COLUMNS: readonly Column<Row>[] = [
  { id: 'agent', title: '客服', track: 'minmax(96px, 1fr)', sortBy: (row) => row.agent, render: (row) => row.agent },
  {
    id: 'receptions',
    title: '接待人数',
    track: '90px',
    numeric: true,
    sortBy: (row) => row.receptions,
    render: (row) => row.receptions,
  },
  {
    id: 'recalls',
    title: '撤回',
    track: '70px',
    numeric: true,
    sortBy: (row) => row.recalls,
    render: (row) => row.recalls,
  },
];

export default function Primitives(props: { want: Wanted }) {
  const { want } = props;
  const [menu, setMenu] = useState<MenuAnchor | null>(null);
  const [dialog, setDialog] = useState<'plain' | 'confirm' | 'note' | null>(null);
  const [choice, setChoice] = useState<'a' | 'b' | 'c'>('a');
  const [tab, setTab] = useState<'waiting' | 'active'>('waiting');
  const [on, setOn] = useState(true);
  return (
    <main className="gallery">
      <header className="gallery-head">
        <h1>Gallery</h1>
        {(['light', 'dark'] as const).flatMap((theme) =>
          (['compact', 'comfortable'] as const).map((density) => (
            <a key={theme + density} href={address({ theme, density, locale: want.locale })}>
              {theme} {density}
            </a>
          )),
        )}
        <a href={address({ ...want, locale: want.locale === 'en' ? 'zh-CN' : 'en' })}>中文 / English</a>
      </header>
      <Part name="Button">
        {(['primary', 'plain', 'quiet', 'danger', 'link'] as const).map((look) => (
          <Button key={look} look={look}>
            {look}
          </Button>
        ))}
        <Button icon="download">导出</Button>
        <Button size="small">small</Button>
        <Button disabled>disabled</Button>
        <Button busy look="primary">
          busy
        </Button>
        <IconButton icon="search" label="查找" />
        <IconButton icon="panel" label="侧栏" pressed />
        <IconButton icon="trash" label="删除" disabled />
      </Part>
      <Part name="Fields">
        <Input aria-label="文字" icon="search" placeholder="提示文字" />
        <Input aria-label="已填" defaultValue="已填写的内容" />
        <Select
          label="选择"
          value="b"
          options={[
            { value: 'a', label: '第一' },
            { value: 'b', label: '第二' },
          ]}
          onChange={nothing}
        />
        <MultiSelect
          label="多选"
          value={['a', 'b']}
          options={[
            { value: 'a', label: '客服小美' },
            { value: 'b', label: '客服阿杰' },
          ]}
          onChange={nothing}
        />
        <DateRange labels={{ from: '开始', to: '结束' }} from={FROM} to={TO} onChange={nothing} />
        <Segmented
          label="方式"
          value={choice}
          onChange={setChoice}
          options={[
            { value: 'a', label: '今天' },
            { value: 'b', label: '近 7 天' },
            { value: 'c', label: '自定义' },
          ]}
        />
        <Segmented
          label="方式，小"
          size="small"
          value={choice}
          onChange={setChoice}
          options={[
            { value: 'a', label: '浅色' },
            { value: 'b', label: '深色' },
          ]}
        />
        <Switch label="开" checked={on} onChange={setOn} />
        <Switch label="关" checked={!on} onChange={() => setOn(!on)} />
        <Switch label="不可用" checked={false} disabled onChange={nothing} />
        <div className="gallery-wide">
          <Field id="g-1" label="名称" note="保存在系统钥匙串，不写入日志">
            <Input id="g-1" />
          </Field>
          <Field id="g-2" label="网关地址" error="地址要以 wss:// 开头">
            <Input id="g-2" defaultValue="http://example" />
          </Field>
          <Field id="g-3" label="留言">
            <TextArea id="g-3" rows={2} defaultValue={LONG} />
          </Field>
        </div>
      </Part>
      <Part name="Tabs, marks">
        <Tabs
          label="列表"
          value={tab}
          onChange={setTab}
          tabs={[
            { value: 'waiting', label: '未接入', count: 7, attention: true },
            { value: 'active', label: '接待中', count: 1_234 },
          ]}
        />
        {TONES.map((tone) => (
          <Tag key={tone} tone={tone}>
            {tone}
          </Tag>
        ))}
        {TONES.map((tone, index) => (
          <Dot key={tone} tone={tone} label={tone} hollow={index % 2 === 1} />
        ))}
        <CountBadge count={3} label="3 条未读" />
        <CountBadge count={120} tone="waiting" label="120 个未接入" />
        <Kbd>Ctrl</Kbd>
        <Kbd>K</Kbd>
        <ProgressRing share={0.7} label="剩余" size={18} />
        <ProgressBar share={0.4} label="进度" />
        <Avatar name="森林里的鹿" />
        <Avatar name="Mia Chen" square />
        <Avatar name="老周" size={24} />
        <ErrorCode code="WINDOW_EXPIRED" />
        <span>
          <Marked
            text="七天无理由退货，运费由买家承担"
            matches={[
              [0, 5],
              [8, 10],
            ]}
          />
        </span>
        <span>
          <Marked text="当前匹配" matches={[[2, 4]]} current />
        </span>
      </Part>
      <Part name="States">
        <div className="gallery-cell">
          <LoadingState label="正在载入" rows={3} avatar />
        </div>
        <div className="gallery-cell">
          <StateMessage icon="inbox" title="没有等待接入的消费者" note="新进线会立即出现在这里">
            <Button>查看</Button>
          </StateMessage>
        </div>
        <div className="gallery-cell">
          <ErrorState
            words={{ title: '记录文件已损坏。', meaning: '消费者不受影响。', next: '运行自检并从备份恢复。' }}
            code="STORE_DAMAGED"
            retry="重试"
            onRetry={nothing}
          />
        </div>
        <div className="gallery-cell">
          <OfflineStrip action={{ label: '立即重连', onClick: nothing }}>离线，列表截至 10:32:05</OfflineStrip>
          <StateMessage compact icon="search" title="没有匹配" note="换一个词试试" />
        </div>
      </Part>
      <Part name="Lists, tables">
        <div className="gallery-cell is-tall">
          <VirtualList
            label="会话"
            items={[LONG, '半糖去冰', '云朵棉花糖']}
            rowHeight={40}
            itemKey={(item) => item}
            selectedKey="半糖去冰"
            onSelect={nothing}
            renderRow={(item) => <span className="ellipsis gallery-row">{item}</span>}
          />
        </div>
        <div className="gallery-table">
          <DataTable
            label="客服"
            columns={COLUMNS}
            rows={ROWS}
            rowKey={(row) => row.agent}
            rowHeight={32}
            selectedKey="客服阿杰"
            onSelect={nothing}
            locale={want.locale}
          />
        </div>
        <div className="gallery-cell">
          <SplitPane
            id="gallery"
            label="调整宽度"
            initial={120}
            min={60}
            max={200}
            first={<p>左</p>}
            second={<p>右</p>}
          />
        </div>
      </Part>
      <Part name="Charts">
        <div className="gallery-chart">
          <Bars
            label="撤回"
            legend={[
              { id: 'both', label: '双方移除', tone: 'done', value: 0 },
              { id: 'failed', label: '失败', tone: 'failed', value: 0 },
            ]}
            rows={[
              {
                id: '1',
                label: '客服小美',
                value: 12,
                parts: [
                  { id: 'both', label: '双方移除', tone: 'done', value: 10 },
                  { id: 'failed', label: '失败', tone: 'failed', value: 2 },
                ],
              },
              { id: '2', label: LONG, value: 5, parts: [{ id: 'both', label: '双方移除', tone: 'done', value: 5 }] },
            ]}
          />
        </div>
        <div className="gallery-chart">
          <Chart
            kind="stacked"
            title="近 7 天接待"
            labelTitle="日期"
            labels={['周一', '周二', '周三', '周四', '周五']}
            series={[
              { id: 'a', label: '接待', tone: 'accent', values: [42, 51, 38, 60, 47] },
              { id: 'b', label: '当天未回', tone: 'waiting', values: [3, 1, 0, 5, 2] },
            ]}
            height={180}
          />
        </div>
      </Part>
      <Part name="Icons">
        {ICON_NAMES.map((name) => (
          <Icon key={name} name={name} />
        ))}
      </Part>
      <Part name="Floating">
        <Button onClick={(event) => setMenu({ x: event.clientX, y: event.clientY })}>Menu</Button>
        <Button onClick={() => setDialog('plain')}>Dialog</Button>
        <Button onClick={() => setDialog('confirm')}>ConfirmDialog</Button>
        <Button onClick={() => setDialog('note')}>NoteDialog</Button>
        <Button
          onClick={() => {
            // As long as somebody looks: pictures are taken of them.
            toast({
              tone: 'done',
              text: '导出完成：聊天记录',
              action: { label: '下载', onClick: nothing },
              stays: true,
            });
            toast({ tone: 'failed', text: '没有发出', note: '消费者没有收到。检查网络后重试。', stays: true });
          }}
        >
          Toast
        </Button>
      </Part>
      <Part name="Panels">
        <ul className="gallery-links">
          <li>
            all:{' '}
            {STATES.map((state) => (
              <a key={state} href={address({ ...want, panel: 'all', state })}>
                {state}
              </a>
            ))}
          </li>
          {PANELS.map((panel) => (
            <li key={panel}>
              {panel}:{' '}
              {STATES.map((state) => (
                <a key={state} href={address({ ...want, panel, state })}>
                  {state}
                </a>
              ))}
            </li>
          ))}
        </ul>
      </Part>
      {menu && (
        <Menu
          anchor={menu}
          label="消息菜单"
          onClose={() => setMenu(null)}
          items={[
            { id: 'recall', icon: 'undo', label: '撤回', trailing: '1:23', onSelect: nothing },
            {
              id: 'blocked',
              icon: 'undo',
              label: '撤回',
              disabled: true,
              note: '已超过 2 分钟的可撤回时间',
              onSelect: nothing,
            },
            { id: 'copy', icon: 'copy', label: '复制', separatorBefore: true, onSelect: nothing },
            { id: 'delete', icon: 'trash', label: '删除', danger: true, onSelect: nothing },
          ]}
        />
      )}
      <Dialog
        open={dialog === 'plain'}
        title="设置"
        onClose={() => setDialog(null)}
        footer={<Button onClick={() => setDialog(null)}>关闭</Button>}
      >
        <p>{LONG}</p>
      </Dialog>
      <ConfirmDialog
        open={dialog === 'confirm'}
        title="撤回这条消息？"
        confirm="撤回"
        cancel="取消"
        onConfirm={() => setDialog(null)}
        onCancel={() => setDialog(null)}
      >
        <p>消息从消费者的会话中移除。</p>
      </ConfirmDialog>
      {dialog === 'note' && (
        <NoteDialog
          title="把这条消息保留为凭证"
          label="原因"
          hint="例如：平台仲裁编号"
          confirm="保留为凭证"
          cancel="取消"
          busy={false}
          problem={{ text: '没有联网，不能更改', code: 'OFFLINE' }}
          maxLength={200}
          onConfirm={() => setDialog(null)}
          onCancel={() => setDialog(null)}
        >
          <p>这条消息和它所在的会话不会被到期清理，直到解除。</p>
        </NoteDialog>
      )}
      <Toasts label="通知" closeLabel="关闭" />
    </main>
  );
}

function Part(props: { name: string; children: ReactNode }) {
  return (
    <section className="gallery-part" aria-label={props.name}>
      <h2>{props.name}</h2>
      <div className="gallery-items">{props.children}</div>
    </section>
  );
}
