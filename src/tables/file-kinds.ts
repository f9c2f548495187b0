// The files that an operator names: how an error calls each kind, and its most bytes. A file above the bound is refused and
// not read. The Rust table is generated from here: `npm run generate:tables`.

export const fileKinds = {
  lock: { title: 'lock file', maxBytes: 16_777_216 },
  dictionary: { title: 'dictionary', maxBytes: 1_048_576 },
  key: { title: 'digest key', maxBytes: 65_536 },
  /** Of a Redis. */
  password: { title: 'password file', maxBytes: 65_536 },
  config: { title: 'configuration', maxBytes: 1_048_576 },
  tlsCert: { title: 'TLS certificate', maxBytes: 1_048_576 },
  tlsKey: { title: 'TLS key', maxBytes: 65_536 },
  tlsCa: { title: 'TLS CA', maxBytes: 1_048_576 },
  /** JSON Schema or OpenAPI. */
  schema: { title: 'schema document', maxBytes: 67_108_864 },
  /** Read at once, as JSON; a file of lines is read in chunks, and this bounds a line. */
  samples: { title: 'sample file', maxBytes: 268_435_456 },
  /** Of `sidelane profile --json`. */
  profile: { title: 'record of a profile', maxBytes: 16_777_216 },
} as const

export type FileKind = keyof typeof fileKinds

/** Why a file is refused, without a part of its content. Keys in capitals are error names of POSIX. */
export const fileTexts = {
  cannotRead: 'Cannot read the {kind} {path}: {reason}',
  notRegular: 'it is {found}, not a regular file',
  tooLarge: 'it has more than {limit} bytes',
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of the path is not a directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'the path has too many symbolic links',
  ENAMETOOLONG: 'the path is too long',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  EIO: 'the device failed',
  ENXIO: 'it is a socket or a device without a driver, not a regular file',
  EAGAIN: 'reading it would block',
  other: 'the system answers with error {number}',
} as const

export const fileTypes = {
  directory: 'a directory',
  fifo: 'a FIFO',
  socket: 'a socket',
  characterDevice: 'a character device',
  blockDevice: 'a block device',
  unknown: 'something else',
} as const
