export function lowContrast(): string[]
export function marksOf(id: string): { lines: number; dots: number; bars: number; texts: string[] }
export function cellsOf(selector: string): (number | string)[][]
export function tooWide(): string[]
export function openTables(): void
export function isDrawn(): boolean
export function pictureWidth(id: string): number
export function tableHeights(): number[]
export function focused(): string | null
export function colors(): { scheme: string; body: string }
