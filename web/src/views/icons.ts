/** The icons, as paths on a 20 x 20 grid. */
export const ICONS = {
  add: "M10 4v12M4 10h12",
  camera: "M3 7h3l1.5-2h5L14 7h3v9H3zM10 14a3 3 0 1 0 0-6 3 3 0 0 0 0 6",
  check: "M4 10.5 8 14.5 16 6",
  close: "M5 5l10 10M15 5 5 15",
  cross: "M5.5 5.5l9 9M14.5 5.5l-9 9",
  folder: "M3 5h5l1.5 2H17v9H3z",
  grip: "M7 5v.01M13 5v.01M7 10v.01M13 10v.01M7 15v.01M13 15v.01",
  menu: "M4.5 10v.01M10 10v.01M15.5 10v.01",
  picture: "M3 4h14v12H3zM3 13l4-4 4 4 2.5-2.5L17 14M13 8v.01",
  redo: "M15.5 8H8a4 4 0 0 0 0 8h4M12 4.5 15.5 8 12 11.5",
  undo: "M4.5 8H12a4 4 0 0 1 0 8H8M8 4.5 4.5 8 8 11.5",
  sparkle: "M10 3l1.6 5.4L17 10l-5.4 1.6L10 17l-1.6-5.4L3 10l5.4-1.6z",
  dice: "M4 4h12v12H4zM7.5 7.5v.01M12.5 12.5v.01M12.5 7.5v.01M7.5 12.5v.01",
} as const;
