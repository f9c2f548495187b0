// The permission model of Node (`node --permission`): which flag an error asks for.

const flags: Readonly<Record<string, string>> = {
  FileSystemRead: '--allow-fs-read',
  FileSystemWrite: '--allow-fs-write',
  WorkerThreads: '--allow-worker',
  ChildProcess: '--allow-child-process',
  Net: '--allow-net',
}

/** The flag without which Node refused the operation; undefined: the error has another cause. */
export function missingFlag(error: unknown): string | undefined {
  const { code, permission } = error as { readonly code?: unknown; readonly permission?: unknown }
  if (code === 'ERR_DLOPEN_DISABLED') return '--allow-addons'
  return code === 'ERR_ACCESS_DENIED' ? (flags[String(permission)] ?? 'another permission') : undefined
}
