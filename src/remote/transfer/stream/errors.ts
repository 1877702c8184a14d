/** The connection ended before the transfer did. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/** The node lacks programs that copying needs. */
export class ToolsMissing extends Error {
  override readonly name = 'ToolsMissing';
  readonly tools: readonly string[];

  constructor(tools: readonly string[]) {
    super(`no ${tools.join(', no ')} on the node`);
    this.tools = tools;
  }
}

/** What a program on the node complained about; `code` and `path` as in an error of Node's. */
export class NodeError extends Error {
  override readonly name = 'NodeError';
  readonly code: string | undefined;
  readonly path: string | undefined;

  constructor(message: string, code?: string, path?: string) {
    super(message);
    this.code = code;
    this.path = path;
  }
}

/** What arrived is not what was sent. */
export class ContentDiffers extends Error {
  override readonly name = 'ContentDiffers';
}

/** The node sent something that is not written here: a name that leads outside, an entry of an unknown kind. */
export class EntryRefused extends Error {
  override readonly name = 'EntryRefused';
}
