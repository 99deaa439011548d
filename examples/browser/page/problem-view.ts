import { copyOfTemplate, part } from './elements.js';
import { problemOf, Refusal, type Task } from './problems.js';
import { say } from './texts/speech.js';

/** Shows what went wrong in a place that screen readers watch. */
export function showProblem(place: HTMLElement, error: unknown, task: Task): void {
  const view = copyOfTemplate('problem');
  say(part(view, 'text'), problemOf(error, task));
  const details = part(view, 'details');
  if (error instanceof Refusal) details.remove();
  else part(view, 'message').textContent = technicalTextOf(error);
  place.replaceChildren(view);
}

export function clearProblem(place: HTMLElement): void {
  place.replaceChildren();
}

function technicalTextOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return `${code}: ${error.message}`;
}
