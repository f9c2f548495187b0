// Numbers as text, for tables and for the axes of the pictures.

import type { Unit } from './page.ts'

/** `1.23 ms`, `64 KB`, `12,300/s`, `8.5 %`. Never an exponent. */
export function format(unit: Unit, value: number): string {
  return writers[unit](value)
}

const time = (us: number): string => {
  if (us === 0) return '0 µs'
  if (us >= 999_500) return `${figure(us / 1e6)} s`
  return us >= 999.5 ? `${figure(us / 1000)} ms` : `${figure(us)} µs`
}

/** Decimal, as the screen of the commands. */
const size = (bytes: number): string => {
  if (bytes >= 999.5e6) return `${figure(bytes / 1e9)} GB`
  if (bytes >= 999.5e3) return `${figure(bytes / 1e6)} MB`
  return bytes >= 999.5 ? `${figure(bytes / 1000)} KB` : `${figure(bytes)} B`
}

const writers: Readonly<Record<Unit, (value: number) => string>> = {
  us: time,
  ms: (value) => time(value * 1000),
  bytes: size,
  rate: (value) => `${figure(value)}/s`,
  share: (value) => `${figure(value * 100)} %`,
  count: (value) => figure(value),
  times: (value) => `${figure(value)} ×`,
}

/** Three significant digits; from 1,000 on whole numbers, of which three digits differ from 0. */
function figure(value: number): string {
  const rounded = Number(value.toPrecision(3))
  const digits = Math.abs(rounded) >= 100 || rounded === 0 ? 0 : Math.abs(rounded) >= 10 ? 1 : 2
  return rounded.toLocaleString('en', { maximumFractionDigits: digits })
}

/** With a capital at the start and a period at the end: the screen has parts of sentences. */
export function sentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(start) ? start : `${start}.`
}
