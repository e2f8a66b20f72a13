import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '#renderer/ui/Button.tsx';

interface Licence {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly text: string;
}

/** The licences of everything that is shipped, from the list made when the window was built (build/licences.mjs). */
export function Licences() {
  const { t } = useTranslation();
  const [list, setList] = useState<readonly Licence[] | 'asked' | 'failed' | null>(null);
  const load = (): void => {
    setList('asked');
    fetch(new URL('licences.json', document.baseURI))
      .then((response) => response.json() as Promise<readonly Licence[]>)
      .then(setList, () => setList('failed'));
  };
  return (
    <section className="security" aria-label={t('security.about.licences')}>
      <h2>{t('security.about.licences')}</h2>
      {list === null && (
        <div className="security-buttons">
          <Button onClick={load}>{t('security.about.licences')}</Button>
        </div>
      )}
      {list === 'asked' && <p className="security-note">{t('security.about.loading')}</p>}
      {list === 'failed' && <p className="security-note">{t('security.about.failed')}</p>}
      {Array.isArray(list) && (
        <>
          <p className="security-note">{t('security.about.licencesNote', { count: list.length })}</p>
          <ul className="licences">
            {list.map((one: Licence) => (
              <li key={`${one.name} ${one.version}`}>
                <details>
                  <summary>
                    {one.name} {one.version} · {one.licence}
                  </summary>
                  <pre>{one.text}</pre>
                </details>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
