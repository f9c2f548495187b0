// Report pages: one self-contained HTML file for a record.

export { renderDecision } from './decision.ts'
export type { Bar, BarChart, Chart, ColorName, Figure, LineChart, Page, Point, Series, Table } from './page.ts'
export { paletteCss } from './style.ts'
export { renderProfile } from './profile.ts'
export { renderPage } from './render.ts'
