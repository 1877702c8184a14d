import type { ListrRenderer, ListrTaskObject } from 'listr2';

import type { Painter } from './painter.js';

/** What the renderer draws, and on what. */
export interface LiveRendererOptions {
  readonly painter: Painter;
  /** The picture of this moment, for a terminal of this size. */
  readonly draw: (size: { readonly columns: number; readonly rows: number }) => readonly string[];
  /** Hands over the lines that have come up since the last time and are to be printed for good. */
  readonly takeLines: () => readonly string[];
  /** Told once when drawing throws: a bug, after which the display stands still. */
  readonly onDefect: (error: unknown) => void;
}

/** Ten pictures a second are as many as a reader can tell apart. */
const INTERVAL_MS = 100;

type Task = ListrTaskObject<unknown>;

/**
 * A listr2 renderer for long lists: the title of a task that has ended is printed for good, so that it scrolls away
 * with the terminal; below stands the picture of what is going on, drawn anew at a steady pace however much happens.
 *
 * The default renderer keeps every task on the screen, draws at each change, and takes its width from standard output
 * even when it writes elsewhere.
 */
export class LiveRenderer implements ListrRenderer {
  static rendererOptions: LiveRendererOptions;
  static rendererTaskOptions: never;
  /** Whether the stream is a terminal was decided before: listr2 would look at standard output. */
  static nonTTY = true;

  readonly #tasks: readonly Task[];
  readonly #options: LiveRendererOptions;
  readonly #printed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(tasks: Task[], options: LiveRendererOptions) {
    this.#tasks = tasks;
    this.#options = options;
  }

  render(): void {
    this.#update();
    this.#timer = setInterval(() => this.#update(), INTERVAL_MS);
    // A display is no reason for the process to stay.
    this.#timer.unref();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#options.painter.finish(this.#takeLines());
  }

  #update(): void {
    const { painter, draw, onDefect } = this.#options;
    try {
      painter.paint(draw(painter.size()), this.#takeLines());
    } catch (error) {
      clearInterval(this.#timer);
      onDefect(error);
    }
  }

  #takeLines(): readonly string[] {
    const ended = this.#tasks.filter((task) => task.hasFinalized() && !this.#printed.has(task.id));
    for (const task of ended) this.#printed.add(task.id);
    const titles = ended.map((task) => task.title ?? '').filter((title) => title !== '');
    return [...this.#options.takeLines(), ...titles];
  }
}
