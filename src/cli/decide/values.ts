// Parsers of the numbers that `decide` takes: rates, shares, decimals.

import type { OptionParser } from '../../util/option-parsers.ts'

const numeric = /^(?:\d{1,15}(?:\.\d{1,9})?|\.\d{1,9})$/

export function decimal(min: number, max: number): OptionParser<number> {
  const value = (given: unknown): number | undefined =>
    typeof given === 'number' && given >= min && given <= max ? given : undefined
  return {
    expected: `a number from ${min} to ${max.toLocaleString('en')}`,
    text: (text) => (numeric.test(text) ? value(Number(text)) : undefined),
    value,
  }
}

/** `15%`, `15 %`, `0.15`. */
export const share: OptionParser<number> = {
  expected: 'a share such as 15% or 0.15',
  text: (text) => {
    const [, number = '', percent] = /^([\d.]+)\s?(%?)$/.exec(text) ?? []
    if (!numeric.test(number)) return undefined
    const value = percent === '%' ? Number(number) / 100 : Number(number)
    return value <= 10 ? value : undefined
  },
  value: (given) => (typeof given === 'number' ? given : undefined),
}

const seconds = { s: 1, sec: 1, min: 60, m: 60, h: 3600, d: 86_400 } as const

/** Calls a second: `500`, `500/s`, `2k/s`, `30000/min`, `1.2m/h`. */
export const rate: OptionParser<number> = {
  expected: 'a rate such as 500/s, 2k/s or 30000/min',
  text: (text) => {
    const [, number = '', factor = '', unit = 's'] = /^([\d.,_]+?)\s?([km]?)(?:\/(s|sec|m|min|h|d))?$/i.exec(text) ?? []
    // A comma or an underscore stands before three digits: `1,5` is neither 15 nor 1.5.
    const digits = /^\d{1,3}(?:[,_]\d{3})+(?:\.\d+)?$/.test(number) ? number.replaceAll(/[,_]/g, '') : number
    if (!numeric.test(digits)) return undefined
    const scale = { k: 1e3, m: 1e6 }[factor.toLowerCase()] ?? 1
    const value = (Number(digits) * scale) / seconds[unit.toLowerCase() as keyof typeof seconds]
    return value > 0 && value <= 1e7 ? value : undefined
  },
  value: (given) => (typeof given === 'number' ? given : undefined),
}
