/** Bodies of several clients that all come as fast as they are read. */
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Pump, type Pumped, TURN_BYTES } from '#s3/pump.ts';

const PIECE = Buffer.alloc(64 * 1024);
const PIECES = 64;

/** A body that is all there already. */
const aBody = (): Readable => {
  let left = PIECES;
  return new Readable({
    read() {
      this.push(left-- > 0 ? PIECE : null);
    },
  });
};

interface Upload extends Pumped {
  readonly pump: Pump;
  /** Bytes that went on. */
  readonly sent: () => number;
  readonly isEnded: () => boolean;
}

/** @param hasRoom is asked for each piece that was sent */
const start = (onSent: () => void, hasRoom: () => boolean = () => true): Upload => {
  let sent = 0;
  let ended = false;
  const exchange: Pumped = {
    req: aBody() as never,
    isOver: false,
    audit: { code: undefined },
    isReceiving: true,
    isWaiting: false,
    received() {},
    attempt: (stage) => stage(),
    acceptBody() {},
  };
  const pump: Pump = new Pump(exchange, () => ended);
  pump.run(
    (chunk) => {
      sent += chunk.length;
      onSent();
      pump.flow(hasRoom());
    },
    () => {
      ended = true;
    },
  );
  return Object.assign(exchange, { pump, sent: () => sent, isEnded: () => ended });
};

const whole = PIECES * PIECE.length;

describe('a pump', () => {
  it('lets none of several bodies get ahead of the others by more than a turn', async () => {
    const leads: number[] = [];
    const note = () => {
      const sent = uploads.map((upload) => upload.sent());
      leads.push(Math.max(...sent) - Math.min(...sent));
    };
    const uploads: Upload[] = [];
    for (let i = 0; i < 4; i++) uploads.push(start(() => uploads.length === 4 && note()));
    await expect.poll(() => uploads.every((upload) => upload.isEnded())).toBe(true);
    expect(uploads.map((upload) => upload.sent())).toEqual([whole, whole, whole, whole]);
    expect(Math.max(...leads)).toBeLessThanOrEqual(TURN_BYTES);
  });

  it('waits for room when its turn comes back before there is any', async () => {
    let room = true;
    const upload = start(
      () => {
        room = false;
      },
      () => room,
    );
    for (let turns = 0; turns < 5; turns++) await new Promise(setImmediate);
    expect(upload.sent()).toBe(PIECE.length);
    for (let drained = 0; !upload.isEnded(); drained++) {
      expect(drained).toBeLessThan(PIECES + 1);
      room = true;
      upload.pump.onDrain();
      for (let turns = 0; turns < 3; turns++) await new Promise(setImmediate);
    }
    expect(upload.sent()).toBe(whole);
  });

  it('reads nothing on after an answer, or a refusal, that came while others had their turn', async () => {
    const answered = start(() => {});
    answered.req.on('pause', () => answered.pump.onAnswer());
    const refused = start(() => {});
    refused.req.on('pause', () => Object.assign(refused, { audit: { code: 'SlowDown' } }));
    for (let turns = 0; turns < 10; turns++) await new Promise(setImmediate);
    for (const upload of [answered, refused]) {
      expect(upload.sent()).toBe(TURN_BYTES);
      expect(upload.isReceiving).toBe(upload === refused);
      expect(upload.isEnded()).toBe(false);
    }
  });
});
