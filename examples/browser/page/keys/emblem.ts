const namespace = 'http://www.w3.org/2000/svg';
const columns = 5;
/** The left half and the middle; the right half mirrors the left, since people know faces. */
const drawnColumns = 3;

/** A small picture of a fingerprint, so that another key shows at a glance. It proves nothing: the digits do. */
export function emblemOf(hex: string): SVGSVGElement {
  const svg = document.createElementNS(namespace, 'svg');
  svg.setAttribute('viewBox', `0 0 ${columns} ${columns}`);
  svg.setAttribute('class', `emblem hue-${Number.parseInt(hex.slice(-1), 16) % 6}`);
  svg.setAttribute('shape-rendering', 'crispEdges');
  svg.setAttribute('aria-hidden', 'true');
  for (let cell = 0; cell < drawnColumns * columns; cell += 1) {
    if (Number.parseInt(hex[cell] ?? '0', 16) % 2 === 0) continue;
    const [x, y] = [cell % drawnColumns, Math.floor(cell / drawnColumns)];
    for (const place of new Set([x, columns - 1 - x])) {
      const square = document.createElementNS(namespace, 'rect');
      for (const [name, value] of Object.entries({ x: place, y, width: 1, height: 1 })) {
        square.setAttribute(name, String(value));
      }
      svg.append(square);
    }
  }
  return svg;
}
