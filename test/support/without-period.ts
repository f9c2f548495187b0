// Text that is costly for a pattern.

/** The letters a and b without a period, so that no cache of states helps; the same for the same length. */
export function withoutPeriod(length: number): string {
  let state = 1
  const letters = Array.from({ length }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state & 65_536 ? 'a' : 'b'
  })
  return letters.join('')
}
