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
      'sandbox-from-outside',
      'the sandbox is a package: but for its own tests it is what it exports',
      '^(test/(?!sandbox)|bench|scripts)',
      '^sandbox/(?!client|process|processes/python|wire/model)',
    ),
    {
      name: 'unit-tests-without-servers',
      comment: 'the unit tier runs on any machine in seconds; what needs a server is excepted there, and here',
      severity: 'error',
      from: {
        path: '^test/(domain|aws|api|tes|config|docs|architecture|replay|cli)/.*\\.test\\.ts$',
        pathNot:
          '^test/(aws/(clients|default-chain|denial)|cli/dev|domain/(hatchery-deployment|published-roles))\\.test\\.ts$',
      },
      to: { path: '^test/support/(sandbox|dev-process)', reachable: true },
    },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, path: '^src', pathNot: 'leash' }, to: {} },
    // Also by type: a circle of types is a file that cannot be read without the other.
    { name: 'sandbox-no-cycles', severity: 'error', from: { path: '^sandbox' }, to: { circular: true } },
    wall('sandbox-core', 'core is what everything else of the sandbox rests on', '^sandbox/core', '^sandbox/(?!core)'),
    wall(
      'sandbox-wire',
      'protocols know calls and models, no service',
      '^sandbox/wire',
      '^sandbox/(?!core|wire|processes/python\\.ts)',
    ),
    {
      name: 'sandbox-services',
      comment: 'a service knows another one by its contract',
      severity: 'error',
      from: { path: '^sandbox/services/([^/]+)/' },
      to: { path: '^sandbox/services/', pathNot: ['^sandbox/services/$1/', '/contract\\.ts$'] },
    },
    wall(
      'sandbox-rules',
      'rules look no further than core, protocols and the simulator',
      '^sandbox/services/[^/]+/',
      '^sandbox/(?!core|wire|services|access/simulator\\.ts)',
    ),
    wall(
      'sandbox-access',
      'rights are weighed without the rules of a service',
      '^sandbox/access',
      '^sandbox/(?!access|core|wire|services/iam/contract\\.ts)',
    ),
    wall(
      'sandbox-simulator',
      'one door to the AGPL simulator',
      '^(?!sandbox/access/simulator\\.ts|test/domain/iam\\.ts)',
      '@cloud-copilot/iam-simulate',
    ),
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
      'kernel-knows-no-kind',
      'what every kind of subject goes by: no recipe, no step, no names of a kind',
      '^src/workflows/kernel',
      '^src/(domain/(workspace|compute|storage|keys|tes)/|workflows/(?!kernel))',
    ),
    wall(
      'shared-workflows-know-no-kind',
      'the account’s workflows and those of keys serve every kind',
      '^src/workflows/(account|keys)',
      '^src/(domain/(workspace|compute|storage|keys|tes)/|workflows/(?!kernel|account|keys))',
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
    wall(
      'resources-know-no-kind',
      'what is made in AWS is the same for whatever kind of thing it is made; the plan of that kind decides the rest',
      '^src/(activities/(?!records|preflight|key-holder|compute/)|domain/(core|resources)/)',
      '^src/domain/(workspace|compute|storage|keys|tes)/',
    ),
    wall(
      'any-kind',
      'what serves every kind of subject knows none of them',
      '^src/(control|temporal|api/subjects)/',
      '^src/domain/(workspace|compute|storage|keys)/',
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
      '^(src/(?!s3|domain|identity|aws/credential-source)|node_modules/(@hono|hono)/)',
      atRunTime,
    ),
    wall(
      'tes',
      'the pass-through knows the domain, and what a session may reach; the rest comes through its ports',
      '^src/tes',
      '^src/(?!tes|domain|s3/identity/principal\\.ts)',
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
