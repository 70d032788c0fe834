/**
 * What runs each command that the documentation shows, or why nothing does. A command is what one line of a fenced block says;
 * the first row that is about it counts, so what is run as it stands comes before what is not.
 */
export interface Row {
  readonly page: string;
  readonly command: RegExp;
  /** A test, and words of it that would go with what it runs. */
  readonly run?: { readonly by: string; readonly says: string };
  /** Why none runs it. */
  readonly reason?: string;
}

const GUIDES = 'test/long/guides.test.ts';
const ANY = /./;

/** By the blocks of the page itself. */
const typed = (page: string, command: RegExp = ANY, by = GUIDES): Row => ({ page, command, run: { by, says: page } });

const like = (page: string, command: RegExp, by: string, says: string): Row => ({ page, command, run: { by, says } });

const not = (page: string, command: RegExp, reason: string): Row => ({ page, command, reason });

const CLUSTER =
  'there is no cluster here: the chart is rendered and checked, and its processes are started (test/deploy)';
const COMMONS = "it is about a running commons' own resources";

const ACCOUNT = 'docs/how-to/run-on-your-aws-account.md';
const CLIENTS = 'docs/how-to/s3-clients.md';
const COMMONS_PAGE = 'docs/how-to/move-a-commons.md';
const DEPLOY = 'docs/how-to/deploy.md';
const TEMPORAL = 'docs/how-to/temporal.md';

export const ROWS: readonly Row[] = [
  like('CONTRIBUTING.md', /^npm run setup$/, 'package.json', '"demo": "node scripts/setup.mjs && '),
  like('CONTRIBUTING.md', /^npm run demo -- --once$/, '.ci/run', 'npm run --silent demo -- --once'),
  like('CONTRIBUTING.md', /^bin\/eyrie dev$/, 'test/long/interrupts.test.ts', "'npm run --silent eyrie -- dev"),
  like('README.md', /^npm run demo$/, 'test/long/interrupts.test.ts', 'demo'),
  like('README.md', /^npm test$/, '.ci/run', 'npm test --silent'),
  typed('README.md', /^curl/),
  typed('docs/how-to/compute-environments.md', /^eyrie compute (plan|policies|create|nextflow-config)/),
  typed('docs/how-to/compute-environments.md', /compute update ID/),
  typed('docs/how-to/compute-environments.md', /^curl/),
  like('docs/how-to/compute-environments.md', /dispose ID --/, 'test/cli/compute.test.ts', "'--jobs', 'terminate'"),
  typed('docs/how-to/compute-environments.md', /dispose ID$/),
  typed('docs/how-to/credentials-of-a-workspace.md'),
  typed('docs/how-to/keys-for-users.md'),
  typed('docs/how-to/launch-a-workspace.md', ANY, 'test/s3/clients/how-to.test.ts'),
  typed('docs/how-to/storage-for-users.md'),
  typed('docs/operations/sweep.md'),
  typed('docs/operations/operations.md'),
  typed(CLIENTS, /^curl/),
  like(
    CLIENTS,
    /AWS_CONTAINER_|AWS_ENDPOINT_URL_S3/,
    'test/s3/clients/hatchery.test.ts',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  ),
  like(
    CLIENTS,
    /AWS_ENDPOINT_URL_STS|AWS_ROLE_ARN|WEB_IDENTITY/,
    'test/s3/identity/doors.test.ts',
    'AssumeRoleWithWebIdentityCommand',
  ),
  like(CLIENTS, /^aws (configure|s3)/, 'test/s3/clients/clients.test.ts', "test('AWS CLI v1'"),
  like(CLIENTS, /^s5cmd/, 'test/s3/clients/clients.test.ts', "s5cmd('cp'"),
  like(CLIENTS, /^s3cmd/, 'test/s3/clients/clients.test.ts', "test('s3cmd, on a listener of its own'"),
  not(CLIENTS, /^mc alias/, 'no registry has its binary: another client of the same makers is run'),
  like('docs/how-to/run-tes-tasks.md', /^curl/, 'test/cli/dev.test.ts', '/ga4gh/tes/v1/tasks'),
  like(COMMONS_PAGE, /^bin\/eyrie dev/, 'test/s3/clients/hatchery.test.ts', '--hatchery-config'),
  not(
    COMMONS_PAGE,
    /^bin\/eyrie (plan|launch|status|terminate)/,
    'as in the guide to a launch, which is run, but for the profile',
  ),
  not(
    COMMONS_PAGE,
    /^bin\/eyrie (doctor|worker|api)/,
    "as without Hatchery's file, which `eyrie dev` is given in a test",
  ),
  not(COMMONS_PAGE, /^aws/, COMMONS),
  not('docs/how-to/replace-tower-forge.md', /^tw/, "Seqera's platform is behind it"),
  like(
    'docs/how-to/replace-tower-forge.md',
    /^eyrie compute import/,
    'test/cli/compute.test.ts',
    "'compute', 'import'",
  ),
  like(
    'docs/how-to/connect-hatchery.md',
    /bootstrap --apply --pay-model/,
    'test/bootstrap/apply.test.ts',
    "part: 'pay-model'",
  ),
  like(ACCOUNT, /^bin\/eyrie bootstrap/, 'test/bootstrap/cli.test.ts', "'--apply'"),
  not(
    ACCOUNT,
    /^aws cloudformation/,
    'the sandbox has no CloudFormation: its templates are checked against their schema',
  ),
  not(
    ACCOUNT,
    /search-attribute create/,
    'a worker registers them by itself, which is run; the names are checked here',
  ),
  like(ACCOUNT, /^npm run setup$/, 'package.json', '"demo": "node scripts/setup.mjs && '),
  typed(ACCOUNT, /^bin\/eyrie (worker|api)/, 'test/deploy/temporal-server.test.ts'),
  like(
    TEMPORAL,
    /^temporal operator namespace create/,
    'test/deploy/temporal-server.test.ts',
    'temporal operator namespace create',
  ),
  like(
    TEMPORAL,
    /^export TEMPORAL_TLS_|^export TEMPORAL_ADDRESS=temporal/,
    'test/deploy/temporal-server.test.ts',
    "server.variables('client')",
  ),
  like(TEMPORAL, /^export TEMPORAL_API_KEY|tmprl/, 'test/deploy/temporal.test.ts', 'TEMPORAL_API_KEY: API_KEY'),
  like(TEMPORAL, /start-dev/, 'sandbox/processes/temporal.ts', "'start-dev'"),
  like(TEMPORAL, /eyrie worker/, 'test/deploy/temporal-server.test.ts', "start('worker')"),
  like(DEPLOY, /^docker build/, 'scripts/release/image.ts', 'buildah'),
  like(DEPLOY, /^docker run/, 'test/deploy/release.test.ts', "eyrie('api')"),
  like(DEPLOY, /^helm/, 'test/deploy/helm.ts', "'template'"),
  not(DEPLOY, /^kubectl/, CLUSTER),
  typed(DEPLOY, /npm ci|keep-bundles|^install|^printf|^cp |^systemctl/, 'test/deploy/systemd.test.ts'),
  like('docs/operations/backup.md', /^aws s3 sync/, 'test/long/restore.test.ts', 'aws s3 sync s3://'),
  like('docs/operations/backup.md', /^temporal workflow list/, 'test/deploy/temporal-server.test.ts', "'--query'"),
  like('docs/operations/release.md', /release\.ts/, 'test/deploy/release.test.ts', "'--build-image', bases.build"),
  like('docs/operations/upgrades.md', /^temporal workflow list/, 'test/deploy/temporal-server.test.ts', "'--query'"),
  like('docs/operations/upgrades.md', /^eyrie doctor/, 'test/long/side-by-side.test.ts', "'doctor'"),
  typed('docs/operations/upgrades.md', /set-current-version/, 'test/long/upgrade.test.ts'),
  not(
    'docs/operations/upgrades.md',
    /describe-version/,
    'it only looks, and a version counts as drained minutes later',
  ),
];
