/** The walls between the folders, as rules. `npm run check` enforces them. */
const wall = (name, comment, from, to, extra = {}) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: to, ...extra },
});

/** An import of types only leaves no trace at run time. */
const atRunTime = { dependencyTypesNot: ['type-only'] };

export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: { path: '^(src|test|scripts|bench)' },
      to: { circular: true, viaOnly: atRunTime },
    },
    wall(
      'sandbox-alone',
      'the sandbox stands in for AWS: it knows nothing of Eyrie',
      '^sandbox',
      '^(src|test|scripts|bench)/',
    ),
    wall('test-files-stand-alone', 'what two tests need is a module of its own', '', '\\.test\\.ts$'),
    wall('tests-without-tools', 'tests need no benchmark and no script', '^test/(?!bench)', '^(bench|scripts)/'),
    wall('tools-without-tests', 'scripts work for users, who need no tests', '^scripts', '^test/'),
    wall(
      'sandbox-by-its-admin',
      'tests of Eyrie see the sandbox from outside; its Python and its models of the services are anybody’s',
      '^test/(?!sandbox|support)',
      '^sandbox/(?!processes/python|wire/model)',
      atRunTime,
    ),
    { name: 'no-orphans', severity: 'error', from: { orphan: true, path: '^src', pathNot: 'leash' }, to: {} },
    wall('src-without-sandbox', 'src never imports the sandbox', '^src', '^(sandbox|test|scripts|bench)/'),
    wall(
      'domain-is-pure',
      'domain imports Temporal’s failure class, nothing else',
      '^src/domain',
      '^(src/(?!domain)|node_modules/(?!@temporalio/common))',
    ),
    wall(
      'workflows-are-pure',
      'workflows import domain and the workflow package; activities by type',
      '^src/workflows',
      '^(src/(?!domain|workflows)|node_modules/(?!@temporalio/(workflow|common)))',
      atRunTime,
    ),
    wall(
      'activities',
      'activities know aws, control and domain',
      '^src/activities',
      '^src/(workflows|api|config|s3|cli)',
    ),
    wall(
      'control',
      'control serves activities and API alike',
      '^src/control',
      '^src/(activities|workflows|api|config|cli|s3)',
    ),
    wall('identity', 'who is believed hangs on nothing else', '^src/identity', '^src/(?!identity)'),
    wall('aws', 'aws knows the domain alone', '^src/aws', '^src/(?!aws|domain)'),
    wall(
      'api-without-activities',
      'the API holds no rights of activities',
      '^src/api',
      '^src/(activities|workflows)',
      atRunTime,
    ),
    wall('api-config', 'only roots read configuration', '^src/api/(?!server\\.ts)', '^src/config/load\\.ts'),
    wall(
      's3-data-path',
      'the data path knows domain, identity and credentials',
      '^src/s3',
      '^(src/(?!s3|domain|identity|aws/credentials)|node_modules/(@hono|hono)/)',
      atRunTime,
    ),
    wall(
      'no-root-is-imported',
      'roots compose, nobody composes them',
      '^src',
      '^src/(worker|api/server|cli/main)\\.ts$',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    parser: 'swc',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.mjs', '.js'], conditionNames: ['import', 'node', 'types'] },
  },
};
