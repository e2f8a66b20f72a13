import { useEffect, useMemo, useRef, useState } from 'react';
import type { Locale } from '#shared/i18n/index.ts';
import { problemWords, type ViewerWords } from '#shared/i18n/viewer.ts';
import { plainFingerprint, type Problem } from '#shared/package/verify.ts';
import { FileFailure, type PackageFiles } from './package-files.ts';
import { fill, formatters } from './say.ts';
import { verifyArchive, verifyShown, type PageReport } from './verification.ts';

interface Finding {
  readonly problems: readonly Problem[];
  readonly more: number;
}

/** Verification in plain words (EX4): at once what the page can read, then the archive itself where it is chosen. */
export function Verification(props: { files: PackageFiles; locale: Locale; words: ViewerWords; onClose: () => void }) {
  const { files, locale } = props;
  const { verify } = props.words;
  const say = useMemo(() => formatters(locale), [locale]);
  const dialog = useRef<HTMLDialogElement>(null);
  const [shown, setShown] = useState<PageReport | null>(null);
  const [archive, setArchive] = useState<Finding | null>(null);
  const [expected, setExpected] = useState('');
  const [progress, setProgress] = useState<{ readonly done: number; readonly total: number } | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const stopped = useRef(false);
  const options = {
    progress: (done: number, total: number): void => {
      if (!stopped.current) setProgress({ done, total });
    },
    check: (): void => {
      if (stopped.current) throw new Error('stopped');
    },
  };
  useEffect(() => {
    dialog.current?.showModal();
    stopped.current = false;
    let gone = false;
    verifyShown(files, {
      progress: (done, total) => !gone && setProgress({ done, total }),
      check() {
        if (gone) throw new Error('stopped');
      },
    }).then(
      (report) => {
        if (gone) return;
        setShown(report);
        setProgress(null);
      },
      (thrown: unknown) => !gone && setFailed(thrown instanceof FileFailure ? thrown.file : String(thrown)),
    );
    return () => {
      gone = true;
      stopped.current = true;
    };
  }, [files]);

  const wanted = plainFingerprint(expected);
  const other = wanted !== '' && shown !== null && wanted !== shown.fingerprint;
  return (
    <dialog ref={dialog} className="verify" aria-label={verify.title} onClose={props.onClose}>
      <h2>{verify.title}</h2>
      {failed !== null && <p role="alert">{fill(props.words.failed, { name: failed })}</p>}
      {progress !== null && (
        <p role="status" className="num">
          {fill(verify.running, { done: say.number(progress.done), total: say.number(progress.total) })}
        </p>
      )}
      {shown !== null && (
        <ul className="findings">
          <Line
            good={shown.problems.every(({ what }) => what === 'SIGNATURE_BAD' || what === 'SIGNATURE_MALFORMED')}
            text={fill(verify.chainGood, { count: say.number(shown.records) })}
            bad={verify.chainBad}
          />
          {shown.signed === null ? (
            <li className="is-unknown">{verify.signatureUnchecked}</li>
          ) : (
            <Line good={shown.signed} text={verify.signatureGood} bad={verify.signatureBad} />
          )}
          {archive === null ? (
            <li className="is-unknown">{verify.filesUnchecked}</li>
          ) : (
            <Line
              good={archive.problems.length === 0}
              text={verify.filesGood}
              bad={fill(verify.bad, { count: archive.problems.length + archive.more })}
            />
          )}
          {wanted !== '' && <Line good={!other} text={verify.sameKey} bad={verify.otherKey} />}
        </ul>
      )}
      {shown !== null && <Problems found={archive ?? shown} locale={locale} words={props.words} />}
      <label>
        {verify.choose}{' '}
        <input
          type="file"
          accept=".zip,application/zip"
          onChange={(event) => {
            const file = event.target.files?.[0];
            if (file === undefined) return;
            setArchive(null);
            verifyArchive(file, expected, options).then(
              (report) => {
                setArchive(report);
                setProgress(null);
              },
              (thrown: unknown) => setFailed(String(thrown)),
            );
          }}
        />
      </label>
      <p>
        {verify.fingerprint}: <code className="num">{shown?.fingerprint ?? '…'}</code>
      </p>
      <label>
        {verify.expected}{' '}
        <input className="grow" value={expected} onChange={(event) => setExpected(event.target.value)} />
        <span className="faint">{verify.expectedHint}</span>
      </label>
      <h3>{verify.provesTitle}</h3>
      <p>{verify.proves}</p>
      <h3>{verify.provesNotTitle}</h3>
      <p>{verify.provesNot}</p>
      <button type="button" className="primary" onClick={() => dialog.current?.close()}>
        {verify.close}
      </button>
    </dialog>
  );
}

function Line(props: { good: boolean; text: string; bad: string }) {
  return <li className={props.good ? 'is-good' : 'is-bad'}>{props.good ? props.text : props.bad}</li>;
}

const LISTED = 50;

function Problems(props: { found: Finding; locale: Locale; words: ViewerWords }) {
  const { found } = props;
  const { verify } = props.words;
  if (found.problems.length === 0) return null;
  const rest = found.problems.length - LISTED + found.more;
  return (
    <ul className="problems">
      {found.problems.slice(0, LISTED).map(({ where, what, records }, at) => (
        <li key={at}>
          <code>{where}</code> {problemWords[props.locale][what]}
          {records !== undefined &&
            ` (${fill(records[0] === records[1] ? verify.record : verify.records, { from: records[0], to: records[1] })})`}
        </li>
      ))}
      {rest > 0 && <li>{fill(verify.more, { count: rest })}</li>}
    </ul>
  );
}
