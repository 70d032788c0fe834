
    import { IAMClient } from '@aws-sdk/client-iam';
    import { z } from 'zod';
    import { lookAgain } from '#activities/shared/look.ts';
    export async function w() { return [new IAMClient({}), z.string(), lookAgain]; }
  