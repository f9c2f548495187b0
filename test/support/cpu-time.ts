/** Runs it, and measures the CPU time of this process, which a busy machine does not lengthen as it does the time by the clock. */
export function cpuTime<T>(run: () => T): { readonly result: T; readonly ms: number } {
  const before = process.cpuUsage()
  const result = run()
  const { user, system } = process.cpuUsage(before)
  return { result, ms: (user + system) / 1000 }
}
