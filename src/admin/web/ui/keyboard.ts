// Part of the page: keys that work everywhere but in a field.
import { closeTrace, openTrace, place } from '../state/address.ts';
import { cursor, moveCursor } from '../state/cursor.ts';
import { setPaused, traces } from '../state/traces.ts';

export function listenToKeys({ onHelp }: { onHelp(): void }): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target as HTMLElement;
    if (document.querySelector('dialog[open]')) return;
    if (target.matches('input, textarea, select')) {
      if (event.key === 'Escape') target.blur();
      return;
    }
    if (act(event.key, target, onHelp)) event.preventDefault();
  };
  addEventListener('keydown', onKey);
  return () => removeEventListener('keydown', onKey);
}

/** True when the key meant something. */
function act(key: string, target: HTMLElement, onHelp: () => void): boolean {
  const { view, traceId } = place.get();
  switch (key) {
    case '?':
      onHelp();
      return true;
    case '/':
      document.querySelector<HTMLInputElement>('input[data-filter]')?.focus();
      return true;
    case 'Escape':
      if (view !== 'traces' || traceId === undefined) return false;
      cursor.set(traceId);
      closeTrace();
      return true;
  }
  if (view !== 'traces') return false;
  switch (key) {
    case 'j':
    case 'k': {
      const id = moveCursor(key === 'j' ? 1 : -1);
      if (id !== undefined && traceId !== undefined) openTrace(id);
      return id !== undefined;
    }
    case 'Enter': {
      if (target.matches('button, a, summary, [role=treeitem]')) return false;
      const id = cursor.get();
      if (id === undefined) return false;
      if (id === traceId) closeTrace();
      else openTrace(id);
      return true;
    }
    case ' ':
      if (target.matches('button, a, summary')) return false;
      setPaused(!traces.get().isPaused);
      return true;
    default:
      return false;
  }
}
