/** Takes files that are dropped anywhere on the page: the browser would open one that misses the target, and leave. */
export function acceptDroppedFiles(target: HTMLElement, take: (files: readonly File[]) => void): void {
  const hasFiles = ({ dataTransfer }: DragEvent): boolean => dataTransfer?.types.includes('Files') ?? false;
  const show = (isOver: boolean) => target.classList.toggle('over', isOver);

  document.addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    show(true);
  });
  document.addEventListener('dragleave', ({ relatedTarget }) => {
    if (relatedTarget === null) show(false);
  });
  document.addEventListener('drop', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    show(false);
    take(Array.from(event.dataTransfer?.files ?? []));
  });
}
