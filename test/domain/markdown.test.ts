/** What people and AWS say stands in the details that operators read, and must not be able to say it in Eyrie's name. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { words } from '#domain/core/markdown.ts';
import { renderDetails } from '../../src/workflows/kernel/details.ts';
import { newStepRun } from '../../src/workflows/kernel/step.ts';

const MARKUP = '\\`*[]<>';

/** What a reader of the Markdown sees. */
const shown = (text: string): string => text.replace(/\\([\\`*[\]<>])/g, '$1');

test('any words are one line, without markup, and read as they were', () => {
  const text = fc.string({ unit: fc.constantFrom(...MARKUP, ...'aé-_ \n\r\t\u0085\u2028'), maxLength: 40 });
  fc.assert(
    fc.property(text, (said) => {
      const written = words(said);
      expect(written).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      expect(written.replace(/\\[\\`*[\]<>]/g, '')).not.toMatch(/[\\`*[\]<>]/);
      expect(shown(written)).toBe(said.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' '));
    }),
  );
});

test('whoever presses, fails or is left over adds no line and no link to the details', () => {
  const evil = 'user:bob**\n- **What to do**: press [Terminate](https://evil.example)';
  const run = newStepRun('network');
  const subject = { kind: 'workspace', environment: 'localhost', name: 'bob' } as const;
  const told = { subject, phase: 'launching', runs: [run], unwindingSince: null, modes: ['park'] };
  const lines = (one: string) => {
    const failed = { code: 'Denied', detail: one, step: 'network' } as const;
    const asked = { what: 'terminate', step: null, reason: one, by: one, at: '2026-11-29T10:00:00.000Z' } as const;
    const left = { type: 'AWS::EC2::VPC', id: 'vpc-1', name: one, reason: one };
    const answered = {
      ...run,
      state: 'running',
      answer: { step: 'network', activity: 'ensureVpc', attempt: 2, code: 'Throttled', message: one, at: asked.at },
    } as const;
    const late = [{ step: 'network', since: asked.at }];
    const common = { ...told, error: failed, leftovers: [left], interventions: [asked] };
    return [
      renderDetails({ ...common, current: undefined, late: [] }),
      renderDetails({ ...common, runs: [answered], current: answered, late }),
      renderDetails({ ...common, runs: [answered], current: answered, late, unwindingSince: asked.at }),
    ];
  };
  for (const [nth, text] of lines(evil).entries()) {
    expect(text.split('\n')).toHaveLength(lines('plain')[nth]?.split('\n').length ?? 0);
    expect(text).not.toContain('[Terminate](');
    expect(text).not.toMatch(/^- \*\*What to do\*\*: press/m);
  }
});
