// The wall clock of one process, moved from outside by libfaketime. Its timers run on, and so does everybody else's time.

import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class Clock {
  private readonly folder = mkdtempSync(join(tmpdir(), 'greentick-clock-'));
  private readonly file = join(this.folder, 'now');

  constructor() {
    this.moveAhead(0);
  }

  /** What the process must be started with. */
  get environment(): Record<string, string> {
    return {
      LD_PRELOAD: library(),
      FAKETIME_TIMESTAMP_FILE: this.file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    };
  }

  /** From now on the process is this many minutes ahead of everybody else. */
  moveAhead(minutes: number): void {
    // Half a file would be no time at all.
    writeFileSync(`${this.file}.new`, `+${minutes * 60}`);
    renameSync(`${this.file}.new`, this.file);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The variant for programs with several threads. */
function library(): string {
  const installed = () => readdirSync('/usr/lib').map((folder) => `/usr/lib/${folder}/faketime/libfaketimeMT.so.1`).find(existsSync);
  const found = process.env.LIBFAKETIME ?? installed();
  if (!found) throw new Error('libfaketime is missing: run `make setup-test`, or name it in LIBFAKETIME.');
  return found;
}
