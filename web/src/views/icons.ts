/** The icons, as paths on a 20 x 20 grid. */
export const ICONS = {
  add: "M10 4v12M4 10h12",
  camera: "M3 7h3l1.5-2h5L14 7h3v9H3zM10 14a3 3 0 1 0 0-6 3 3 0 0 0 0 6",
  close: "M5 5l10 10M15 5 5 15",
  evidence:
    "M10 17a5 5 0 0 1-5-5c0-4 4-5 4-9 3 1.5 6 5 6 9a5 5 0 0 1-5 5M10 17a2 2 0 0 1-2-2c0-1.5 2-2 2-4 1 .8 2 2.3 2 4a2 2 0 0 1-2 2",
  folder: "M3 5h5l1.5 2H17v9H3z",
  menu: "M4.5 10v.01M10 10v.01M15.5 10v.01",
  redo: "M15.5 8H8a4 4 0 0 0 0 8h4M12 4.5 15.5 8 12 11.5",
  turn: "M4 10a6 6 0 0 1 10.5-4L16 7.5M16 4v3.5h-3.5M16 10a6 6 0 0 1-10.5 4L4 12.5M4 16v-3.5h3.5",
  undo: "M4.5 8H12a4 4 0 0 1 0 8H8M8 4.5 4.5 8 8 11.5",
  dice: "M4 4h12v12H4zM7.5 7.5v.01M12.5 12.5v.01M12.5 7.5v.01M7.5 12.5v.01",
} as const;
