import { closeSync, existsSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const LOCK_FILE = '/run/playbook-lab.lock';

/** Runs `action` while no other process of this machine changes the lab. */
export async function withLabLock<T>(action: () => Promise<T>): Promise<T> {
  while (!tryTake()) {
    removeIfHolderIsDead();
    await delay(100);
  }
  try {
    return await action();
  } finally {
    rmSync(LOCK_FILE, { force: true });
  }
}

function tryTake(): boolean {
  try {
    const file = openSync(LOCK_FILE, 'wx');
    writeSync(file, `${process.pid}\n`);
    closeSync(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function removeIfHolderIsDead(): void {
  let holder: string;
  try {
    holder = readFileSync(LOCK_FILE, 'utf8').trim();
  } catch {
    return; // given back meanwhile
  }
  if (holder !== '' && !existsSync(`/proc/${holder}`)) rmSync(LOCK_FILE, { force: true });
}
