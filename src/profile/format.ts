// Formats shares and times of a profile for a reader.

/** `43 %`, `2.1 %`, `under 0.1 %`. */
export function formatShare(share: number): string {
  const percent = share * 100
  if (percent > 0 && percent < 0.1) return 'under 0.1 %'
  return `${percent === 0 || percent >= 9.95 ? percent.toFixed(0) : percent.toFixed(1)} %`
}

/** `48 ms`, `1.2 ms`, `1.34 s`. */
export function formatMs(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`
  return `${ms >= 9.95 ? ms.toFixed(0) : ms.toFixed(1)} ms`
}
