// What a report page consists of: plain data, without HTML. Pages of several records are drawn from it in one look.

export interface Page {
  /** The title of the document. */
  readonly title: string
  /** A line above the headline: which command, which payloads, when. */
  readonly eyebrow: string
  /** The recommendation. */
  readonly headline: string
  /** What stands right below it. */
  readonly lead: readonly string[]
  readonly badge: Badge | null
  readonly blocks: readonly Block[]
  /** The record, embedded in the page as JSON. */
  readonly record: unknown
}

export interface Badge {
  readonly text: string
  readonly tone: 'good' | 'neutral' | 'caution'
  readonly reasons: readonly string[]
}

export type Block =
  | { readonly kind: 'table'; readonly title: string; readonly text: string; readonly table: Table }
  | { readonly kind: 'points'; readonly title: string; readonly points: readonly Point[] }
  | { readonly kind: 'figures'; readonly title: string; readonly figures: readonly Figure[] }

/** A statement with its term, or a command to copy. */
export interface Point {
  readonly term: string
  readonly text: string
  readonly isCode?: boolean
}

export interface Table {
  /** What the table shows, for readers who cannot see its place. */
  readonly caption: string
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
}

export interface Column {
  readonly title: string
  /** Null: the cells are text. */
  readonly unit: Unit | null
}

export interface Row {
  /** The first one names the row. */
  readonly cells: readonly Cell[]
  /** Beside the row's name, such as `recommended`. The row stands out. */
  readonly tag?: string
}

/** A number in the unit of its column, or text; null: not measured. */
export type Cell = number | string | null

/** `us`: a time in µs. `bytes`: a size. `rate`: a number for a second. `share`: 0 to 1. `ms`: a time in ms. */
export type Unit = 'us' | 'ms' | 'bytes' | 'rate' | 'share' | 'count' | 'times'

export interface Figure {
  /** Unique in the page: letters, digits and hyphens. */
  readonly id: string
  readonly title: string
  /** What the picture shows here, in one sentence. */
  readonly text: string
  readonly chart: Chart
  /** The same data. */
  readonly table: Table
}

export type Chart = LineChart | BarChart

/** The colors by name; style.ts has their values. A name keeps its meaning in all pictures of a page. */
export type ColorName =
  | 'today'
  | 'compiled'
  | 'js'
  | 'native'
  | 'pool'
  | 'sidecar'
  | 'part-1'
  | 'part-2'
  | 'part-3'
  | 'part-4'
  | 'part-5'

export interface LineChart {
  readonly kind: 'lines'
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly Series[]
  /** Vertical lines, such as a break-even. */
  readonly marks: readonly Mark[]
}

export interface Axis {
  readonly label: string
  readonly unit: Unit
  readonly isLog: boolean
}

export interface Series {
  readonly name: string
  readonly color: ColorName
  readonly points: readonly { readonly x: number; readonly y: number }[]
}

export interface Mark {
  readonly at: number
  readonly label: string
}

/** Horizontal bars, each of one or more parts. */
export interface BarChart {
  readonly kind: 'bars'
  readonly x: Omit<Axis, 'isLog'>
  readonly bars: readonly Bar[]
  readonly marks: readonly Mark[]
}

export interface Bar {
  readonly label: string
  readonly parts: readonly BarPart[]
}

export interface BarPart {
  /** Equal in all bars, for the legend. */
  readonly name: string
  readonly color: ColorName
  readonly value: number
}
