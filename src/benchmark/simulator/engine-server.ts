import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Clock } from '../../async/clock.js';
import { createRandom, type Random, sampleExponential } from '../seeded-random.js';
import { WORDS } from '../words.js';
import { DONE_EVENT, type FinishReason, formatAnswer } from './completion-answer.js';
import { type CompletionRequest, parseCompletionRequest } from './completion-request.js';
import { type Engine, runEngine } from './engine.js';
import { createEngineModel } from './engine-model.js';
import {
  type Backend,
  type Handler,
  pathOf,
  readJsonObject,
  sendError,
  sendJson,
} from './http-server.js';
import { type EngineOptions, SIMULATOR_NAME } from './options.js';

/** The HTTP side of a simulated engine: one that prefills and decodes, or does only one of them. */
export function createEngineServer(options: EngineOptions, clock: Clock): Backend {
  const readyAtMs = clock.monotonic() + options.startupDelayMs;
  const created = Math.floor(clock.now() / 1000);
  const model = createEngineModel(
    options.timing,
    options.limits,
    createRandom(options.seed, STREAMS.jitter),
  );
  const engine = runEngine(model, clock);
  let requestCount = 0;

  const complete = async (
    request: IncomingMessage,
    response: ServerResponse,
    isChat: boolean,
  ): Promise<void> => {
    const body = await readJsonObject(request);
    if (!body) {
      sendError(response, 400, 'BadRequestError', 'The body is not a JSON object of up to 64 MiB.');
      return;
    }
    const parsed = parseCompletionRequest(body, isChat, options.model);
    if ('status' in parsed) {
      const type = parsed.status === 404 ? 'NotFoundError' : 'BadRequestError';
      sendError(response, parsed.status, type, parsed.message);
      return;
    }
    const number = requestCount++;
    const plan = planAnswer(parsed, options, createRandom(options.seed, STREAMS.answers, number));
    if (typeof plan === 'string') {
      sendError(response, 400, 'BadRequestError', plan);
      return;
    }
    if (plan.fails) {
      sendError(response, 500, 'SimulatedFailure', 'a failure that was asked for with --fail-rate');
      return;
    }
    const format = formatAnswer({
      isChat,
      number,
      model: options.model,
      promptTokens: parsed.promptTokens,
      created: Math.floor(clock.now() / 1000),
    });
    answer(response, parsed, plan, format, engine, options.role === 'decode');
  };

  const handle: Handler = async (request, response) => {
    const path = pathOf(request);
    const route = `${request.method ?? 'GET'} ${path}`;
    if (clock.monotonic() < readyAtMs) {
      sendError(response, 503, 'ServiceUnavailableError', 'the simulated engine is starting');
      return;
    }
    switch (route) {
      case 'GET /health':
        sendJson(response, 200, { status: 'ok', engine: SIMULATOR_NAME, role: options.role });
        return;
      case 'GET /v1/models':
        sendJson(response, 200, {
          object: 'list',
          data: [
            {
              id: options.model,
              object: 'model',
              created,
              owned_by: SIMULATOR_NAME,
              max_model_len: options.maxModelLen,
            },
          ],
        });
        return;
      case 'POST /v1/completions':
        await complete(request, response, false);
        return;
      case 'POST /v1/chat/completions':
        await complete(request, response, true);
        return;
      default:
        sendError(response, 404, 'NotFoundError', `This simulator has no ${route}.`);
    }
  };
  const stop = () => {
    engine.stop();
    return Promise.resolve();
  };
  return { handle, stop };
}

/** Tells the streams of random numbers apart. */
const STREAMS = { jitter: 1, answers: 2 } as const;

/** What will become of one request, decided when it arrives. */
interface AnswerPlan {
  readonly words: Random;
  readonly outputTokens: number;
  readonly finishReason: FinishReason;
  readonly fails: boolean;
  /** After how many tokens the connection is cut; `null`: not at all. */
  readonly dropsAfter: number | null;
}

/** @returns Why the request is refused, where it is. */
function planAnswer(
  { promptTokens, maxTokens, ignoresEos }: CompletionRequest,
  options: EngineOptions,
  random: Random,
): AnswerPlan | string {
  const room = options.maxModelLen - promptTokens;
  const limit = maxTokens ?? room;
  if (limit > room || room < 1) {
    return (
      `The prompt has ${promptTokens} tokens and asks for ${Math.max(1, limit)} more; ` +
      `together at most ${options.maxModelLen} are possible.`
    );
  }
  const fails = random() < options.failRate;
  const drops = random() < options.dropRate;
  // An answer ends after each token with the same chance.
  const natural = Math.max(1, Math.round(sampleExponential(random, options.meanOutputTokens)));
  const wanted = ignoresEos ? limit : Math.min(limit, natural);
  const outputTokens = options.role === 'prefill' ? 1 : wanted;
  return {
    words: random,
    outputTokens,
    finishReason: outputTokens < limit ? 'stop' : 'length',
    fails,
    dropsAfter: drops ? Math.floor(outputTokens / 2) : null,
  };
}

function answer(
  response: ServerResponse,
  { promptTokens, isStreaming, includesUsage }: CompletionRequest,
  { words, outputTokens, finishReason, dropsAfter }: AnswerPlan,
  format: ReturnType<typeof formatAnswer>,
  engine: Engine,
  isPrefilled: boolean,
): void {
  // The client went away while its request was read.
  if (response.destroyed) return;
  let made = 0;
  let text = '';
  const onToken = (isLast: boolean) => {
    if (made === dropsAfter) {
      cancel();
      response.destroy();
      return;
    }
    const word = ` ${WORDS[Math.floor(words() * WORDS.length)] ?? ''}`;
    const event = isStreaming
      ? format.tokenEvent(word, made === 0, isLast ? finishReason : null)
      : '';
    made += 1;
    if (isStreaming) {
      if (made === 1) {
        response.writeHead(200, {
          'content-type': 'text/event-stream; charset=utf-8',
          'cache-control': 'no-cache',
        });
      }
      if (isLast) {
        response.end(event + (includesUsage ? format.usageEvent(made) : '') + DONE_EVENT);
      } else {
        response.write(event);
      }
    } else {
      text += word;
      if (isLast) sendJson(response, 200, format.whole(text, made, finishReason));
    }
  };
  const cancel = engine.submit(isPrefilled ? 0 : promptTokens, outputTokens, onToken);
  // A client that went away makes room for others.
  response.once('close', cancel);
}
