/** Whether a plan would find places in the quotas of its account. */
import { codeOf } from '#domain/core/failures.ts';
import type { QuotaView } from '#domain/core/plan-view.ts';
import type { AskQuota, QuotaQuestion } from '#temporal/quota-verdict.ts';

/** Who asks for a plan is told the rest also where nobody can count. */
export const quotaOf = async (askQuota: AskQuota, question: QuotaQuestion): Promise<QuotaView> => {
  try {
    const places = await askQuota(question);
    return { fits: places.every(({ fits }) => fits), places };
  } catch (error) {
    if (codeOf(error) !== 'Unavailable') throw error;
    return { fits: null, places: [] };
  }
};
