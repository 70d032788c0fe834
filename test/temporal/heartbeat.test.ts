import { Context } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, onTestFinished, test, vi } from 'vitest';
import { beatingInterceptor } from '#temporal/activity-interceptor.ts';
import { tell, toldBefore } from '#temporal/heartbeat.ts';

/** The interceptor's own. */
const BEAT_MS = 3_000;

test('a beat says again what was told last: a worker that dies takes nothing of it along', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const beats: unknown[] = [];
  const environment = new MockActivityEnvironment({ heartbeatDetails: { removed: 1 }, heartbeatTimeoutMs: 10_000 });
  environment.on('heartbeat', (state: unknown) => beats.push(state));
  await environment.run(async () => {
    const half = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    const work = async (): Promise<void> => {
      expect(toldBefore()).toEqual({ removed: 1 });
      await half.promise;
      tell({ removed: 2 });
      await end.promise;
    };
    const running = beatingInterceptor(Context.current()).execute?.({ args: [], headers: {} }, work);
    await vi.advanceTimersByTimeAsync(BEAT_MS);
    expect(beats).toEqual([{ removed: 1 }]);
    half.resolve();
    await vi.advanceTimersByTimeAsync(2 * BEAT_MS);
    expect(beats).toEqual([{ removed: 1 }, { removed: 2 }, { removed: 2 }, { removed: 2 }]);
    end.resolve();
    await running;
  });
});
