// The signs of the app: lines on a field of 20 by 20.

const SHAPES = /** @type {Record<string, string>} */ ({
  mark: "M3.5 16.500V8.300L10 3l6.500 5.300v8.200M8 16.500v-4.700h4",
  plus: "M10 4v12M4 10h12",
  pen: "M4 16l.8-3.200L13 4.600a1.400 1.400 0 0 1 2 0l.4.4a1.400 1.400 0 0 1 0 2L7.200 15.200 4 16z",
  search: "M9 14.500a5.500 5.500 0 1 0 0-11 5.500 5.500 0 0 0 0 11zM13 13l3.500 3.500",
  panel: "M3.500 4.500h13v11h-13zM8 4.500v11",
  send: "M10 16V4.500M5 9.500l5-5 5 5",
  stop: "M6 6h8v8H6z",
  clip: "M14.500 9.500l-5 5a3 3 0 0 1-4.300-4.300l5.800-5.800a2 2 0 0 1 2.900 2.900l-5.700 5.700a1 1 0 0 1-1.400-1.400l5-5",
  copy: "M7.500 7.500h8v8h-8zM12.500 7.500v-3h-8v8h3",
  done: "M4.500 10.500l3.700 3.700 7.300-8",
  again: "M15.500 9A5.700 5.700 0 1 0 15 12.500M15.500 4.500V9H11",
  more: "M5 10h.01M10 10h.01M15 10h.01",
  left: "M12 5l-5 5 5 5",
  right: "M8 5l5 5-5 5",
  down: "M5 8l5 5 5-5",
  close: "M5 5l10 10M15 5L5 15",
  bin: "M4 6h12M8 6V4h4v2M5.500 6l.7 10h7.600l.7-10M8.500 9v4.500M11.500 9v4.500",
  pin: "M10 12.500V17M6.500 12.500h7l-1.500-3V4.500h1M8 9.500l-1.500 3M7 4.500h1v5M7 4.500h6",
  sliders: "M4 6.500h6M14 6.500h2M12 4.500v4M4 13.500h2M10 13.500h6M8 11.500v4",
  tree: "M6 4v12M6 8c0 3 8 1 8 5v3M6 6.500a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3z",
  ghost: "M5 16.500V9a5 5 0 0 1 10 0v7.500l-1.700-1.300-1.600 1.300-1.700-1.300-1.700 1.300-1.600-1.300zM8 9h.01M12 9h.01",
  gear: "M10 12.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5zM10 3v2M10 15v2M3 10h2M15 10h2M5 5l1.500 1.500M13.500 13.500L15 15M15 5l-1.500 1.500M6.500 13.500L5 15",
  out: "M8 4H4.500v12H8M12 6.500l3.500 3.500-3.500 3.500M15.500 10H8",
  person: "M10 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM4.500 16.500c.5-3 2.700-4.500 5.500-4.500s5 1.500 5.500 4.500",
  file: "M5 3.500h6.500L15 7v9.500H5zM11.500 3.500V7H15",
  tool: "M12.500 3.800a3.800 3.800 0 0 0-3.600 5L4 13.700 6.300 16l4.900-4.900a3.800 3.800 0 0 0 5-4.600l-2.400 2.400-2.300-.600-.600-2.300z",
  mind: "M10 4.500c-3.500 0-5.500 2-5.500 4.500 0 1.500.8 2.800 2 3.500v2h7v-2c1.200-.7 2-2 2-3.500 0-2.500-2-4.500-5.500-4.500zM8 17h4",
  warn: "M10 4l7 12H3zM10 9v3M10 14h.01",
  download: "M10 4v8.500M6.500 9.500L10 13l3.500-3.500M4.500 16h11",
  note: "M4.500 4.500h11v8l-3 3h-8zM7.500 8h5M7.500 11h3",
  box: "M10 3l6 3.300v7.400L10 17l-6-3.300V6.300zM4 6.300l6 3.400 6-3.400M10 9.700V17",
  pulse: "M3 10.500h3.200l2-5.500 3.400 10 2-4.500H17",
  undo: "M8 5L4.500 8.500 8 12M4.500 8.500h7a4 4 0 0 1 0 8H8",
});

/**
 * @param {string} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", SHAPES[name] ?? "");
  svg.append(path);
  return svg;
}
