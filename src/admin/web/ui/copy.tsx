// Part of the page: a button that copies, and says that it did.
import { useEffect, useState } from 'preact/hooks';

interface Props {
  label: string;
  title?: string;
  small?: boolean;
  text(): string | Promise<string>;
}

const SAID_MS = 1500;

export function CopyButton({ label, title, small, text }: Props) {
  const [said, setSaid] = useState<string>();
  useEffect(() => {
    if (said === undefined) return undefined;
    const timer = setTimeout(() => setSaid(undefined), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async () => {
    try {
      await write(await text());
      setSaid('copied');
    } catch (error) {
      setSaid(`not copied: ${(error as Error).message}`);
    }
  };
  return (
    <button
      type="button"
      class={small ? 'copy small' : 'copy'}
      title={title ?? `Copy ${label}`}
      aria-label={small ? `Copy ${label}` : undefined}
      onClick={(event) => {
        event.stopPropagation();
        void copy();
      }}
    >
      {small ? (
        <svg class="icon" viewBox="0 0 12 12" aria-hidden="true">
          <path d={said === 'copied' ? 'M2 6.5 5 9.5 10 3' : 'M4 4V1.5h6.5V8H8M1.5 4H8v6.5H1.5z'} />
        </svg>
      ) : (
        (said ?? label)
      )}
      <span class="unseen" role="status">
        {said}
      </span>
    </button>
  );
}

async function write(text: string): Promise<void> {
  // Only loopback and https have a clipboard; a container's name over http has the old way.
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  const isDone = document.execCommand('copy');
  area.remove();
  if (!isDone) throw new Error('the browser refused');
}
