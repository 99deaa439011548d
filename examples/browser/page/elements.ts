import { speakAll } from './texts/speech.js';

/** The element below `root` that the HTML calls so, by `data-part`. */
export function part<Kind extends HTMLElement = HTMLElement>(root: ParentNode, name: string): Kind {
  const found = root.querySelector<Kind>(`[data-part="${name}"]`);
  if (found === null) throw new Error(`The page has no part ${name}.`);
  return found;
}

/** A copy of the one element in a template of the page, in the current language. */
export function copyOfTemplate(id: string): HTMLElement {
  const template = document.querySelector<HTMLTemplateElement>(`template#${id}`);
  const copy = template?.content.firstElementChild?.cloneNode(true);
  if (!(copy instanceof HTMLElement)) throw new Error(`The page has no template ${id}.`);
  speakAll(copy);
  return copy;
}

/** Gives a list these rows, in this order. Those that it has stay where they are, with the focus if it is in them. */
export function arrange(list: HTMLElement, rows: readonly HTMLElement[]): void {
  const wanted = new Set<Element>(rows);
  for (const row of Array.from(list.children)) if (!wanted.has(row)) row.remove();
  for (const [index, row] of rows.entries()) {
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
  }
}

/** Has the browser save something as a file. */
export function saveAs(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The browser has taken it by then; a minute is more than it needs to ask where to.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
