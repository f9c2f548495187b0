// NFC of a text in linear time. ICU, behind String.prototype.normalize, moves each combining mark to its place by one
// insertion: a long run of marks in the wrong order takes quadratic time (64 KB: 0.9 s). Such runs are put in canonical
// order here first. What is normalized, and the pin to Unicode 15.0, are in normalize-string.ts.

/** ICU's insertions cost nothing that matters in shorter runs. */
const longRun = /\p{M}{64,}/gu

/** `text.normalize('NFC')`. */
export const toNfc = (text: string): string =>
  // `search` ignores the flag g, and finds nothing in nearly every text.
  (text.search(longRun) < 0 ? text : text.replace(longRun, inCanonicalOrder)).normalize('NFC')

/** Decomposes the marks and sorts them stably by combining class, between marks of class 0 (UAX 15, D108, D109). */
function inCanonicalOrder(marks: string): string {
  const ranks = markRanks()
  const byRank: string[] = []
  let result = ''
  for (const mark of marks) {
    for (const part of mark.normalize('NFD')) {
      const rank = ranks.get(part)
      if (rank === undefined) result += byRank.splice(0).join('') + part
      else byRank[rank] = (byRank[rank] ?? '') + part
    }
  }
  return result + byRank.join('')
}

let ranks: Map<string, number> | undefined

/** Every mark with a combining class, and the class's rank among all. JavaScript does not tell the class itself. */
function markRanks(): Map<string, number> {
  if (ranks !== undefined) return ranks
  const marks: string[] = []
  for (let point = 0x300; point <= 0x1efff; point++) {
    const char = String.fromCodePoint(point)
    if (mark.test(char) && char.normalize('NFD') === char && hasClass(char)) marks.push(char)
  }
  marks.sort((a, b) => Number(comesAfter(a, b)) - Number(comesAfter(b, a)))
  ranks = new Map()
  let rank = 0
  for (const [i, char] of marks.entries()) {
    if (i > 0 && comesAfter(char, marks[i - 1] as string)) rank++
    ranks.set(char, rank)
  }
  return ranks
}

const mark = /^\p{M}$/u

/** Class 1 and class 240, the lowest and the highest: a mark of any class changes places with one of them. */
const lowest = '\u0334'
const highest = '\u0345'
const hasClass = (char: string): boolean => comesAfter(char, lowest) || comesAfter(highest, char)

/** True when `a` has the higher class of the two: canonical order puts it behind `b`. */
const comesAfter = (a: string, b: string): boolean => (a + b).normalize('NFD') !== a + b
