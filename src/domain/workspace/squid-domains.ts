/**
 * What jobs may reach on ports 80 and 443, by purpose; a leading dot covers the domain and all below it. It grew out of
 * the two lists that Hatchery's proxies load, so that a pipeline that ran there runs here; what is left out of them, and
 * why, is held by a test.
 * @see https://github.com/uc-cdis/cloud-automation/tree/master/files/squid_whitelist
 */

/** Of Python packages. */
export const PYTHON_INDEX = ['pypi', 'org'].join('.');

/** S3, ECR (public layers come from CloudFront), Batch's agent, the CLI's archive, packages of Amazon Linux. */
const AWS = [
  '.amazonaws.com',
  '.amazonaws.com.cn',
  '.amazoncognito.com',
  '.amazonlinux.com',
  '.aws',
  '.aws.amazon.com',
  '.cloudfront.net',
] as const;

/** Container registries, with the stores that they send layer pulls to: Docker Hub's are in R2. */
const REGISTRIES = [
  '.cloudflarestorage.com',
  '.docker.com',
  '.docker.io',
  '.dockerproject.org',
  '.gcr.io',
  '.ghcr.io',
  '.googleapis.com',
  '.googleusercontent.com',
  '.k8s.io',
  '.mcr.microsoft.com',
  '.nvcr.io',
  '.pkg.dev',
  '.quay.io',
  '.seqera.io',
] as const;

/** Pipelines, their modules and sources. */
const CODE = [
  '.bitbucket.org',
  '.github.com',
  '.githubusercontent.com',
  '.gitlab.com',
  '.googlesource.com',
  '.nextflow.io',
  '.nf-co.re',
  '.ohsu-comp-bio.github.io',
  '.sourceforge.net',
  '.uc-cdis.github.io',
  'git.io',
  'gopkg.in',
] as const;

/** Packages of languages, and of science. */
const PACKAGES = [
  '.anaconda.com',
  '.anaconda.org',
  '.apache.org',
  '.bioconda.github.io',
  '.bioconductor.org',
  '.cloud.google.com',
  '.continuum.io',
  '.cpan.org',
  '.crates.io',
  '.gnu.org',
  '.golang.org',
  '.mathworks.com',
  '.maven.org',
  '.metacpan.org',
  '.nodesource.com',
  '.npmjs.org',
  '.perl.org',
  `.${PYTHON_INDEX}`,
  '.pypi.python.org',
  '.pythonhosted.org',
  '.pytorch.org',
  '.r-project.org',
  '.rstudio.com',
  '.rubygems.org',
  '.rust-lang.org',
  '.spack.io',
  '.yarnpkg.com',
  'cpan.mirrors.tds.net',
  'cran.case.edu',
  'cran.cnr.berkeley.edu',
  'cran.cs.wwu.edu',
  'cran.fhcrc.org',
  'cran.mtu.edu',
  'cran.stat.ucla.edu',
  'cran.wustl.edu',
  'curl.haxx.se',
  'curl.se',
  'dl.google.com',
  'download.java.net',
  'download.oracle.com',
  'mran.microsoft.com',
  'nvidia.github.io',
  'rweb.quant.ku.edu',
  'streaming.stat.iastate.edu',
  'www.lua.org',
] as const;

/** Packages of the systems that images are built on. */
const SYSTEMS = [
  '.alpinelinux.org',
  '.canonical.com',
  '.centos.org',
  '.debian.net',
  '.debian.org',
  '.fedoraproject.org',
  '.kernel.org',
  '.launchpad.net',
  '.osuosl.org',
  '.postgresql.org',
  '.snapcraft.io',
  '.snapcraftcontent.com',
  '.ubuntu.com',
  'archive.linux.duke.edu',
  'ftp.linux.ncsu.edu',
  'neurodeb.pirsquared.org',
] as const;

/** Data commons, and the services that they share. */
const COMMONS = [
  '.agdr.org.nz',
  '.agha.umccr.org',
  '.bionimbus.org',
  '.bloodpac.org',
  '.braincommons.org',
  '.cancerimagingarchive.net',
  '.caninedc.org',
  '.chordshealth.org',
  '.covidtracking.com',
  '.data-commons.org',
  '.datacommons.io',
  '.datastage.io',
  '.diseasedatahub.org',
  '.gen3.org',
  '.healdata.org',
  '.kidsfirstdrc.org',
  '.m3aicommons.org',
  '.midrc.org',
  '.nesi.org.nz',
  '.niaiddata.org',
  '.occ-data.org',
  '.opensciencedatacloud.org',
  '.pandemicresponsecommons.org',
  '.pedscommons.org',
  '.planx-ci.io',
  '.planx-pla.net',
  '.theanvil.io',
  '.themmrf.org',
  '.wriwindber.org',
  'biodata-integration-tests.net',
  'calypr.org',
  'covidstoplight.org',
  'dataguids.org',
  'ks.osdc.io',
  'vpodc.org',
] as const;

/** Reference data, tools, trained models and what studies publish. */
const SCIENCE = [
  '.broadinstitute.org',
  '.bsc.es',
  '.cancer.gov',
  '.census.gov',
  '.completegenomics.com',
  '.dph.illinois.gov',
  '.ebi.ac.uk',
  '.ensembl.org',
  '.figshare.com',
  '.genome.jp',
  '.hf.co',
  '.huggingface.co',
  '.idph.illinois.gov',
  '.immport.org',
  '.kegg.jp',
  '.metabolomicsworkbench.org',
  '.nih.gov',
  '.novocraft.com',
  '.oicr.on.ca',
  '.osf.io',
  '.rcsb.org',
  '.sanger.ac.uk',
  '.ucsc.edu',
  '.uniprot.org',
  '.visitdata.org',
  '.zenodo.org',
  'api.epigraphdb.org',
  'api.monqcle.com',
  'bay.uchicago.edu',
  'bionimbus.tabix.oicrsofteng.org',
  'cernvm.cern.ch',
  'clinicaltrials.gov',
  'cri-app02.bsd.uchicago.edu',
  'csc.mcs.sdsmt.edu',
  'dap.digitalgov.gov',
  'data.cityofchicago.org',
  'data.mendeley.com',
  'data.qdr.syr.edu',
  'data.stage.qdr.org',
  'data.trade.gov',
  'dataverse.harvard.edu',
  'decider.oicrsofteng.org',
  'dmas.berkeley.edu',
  'dream.annailabs.com',
  'ecsft.cern.ch',
  'fmwww.bc.edu',
  'idp.stage.qdr.org',
  'lib.stat.cmu.edu',
  'mps.csb.pitt.edu',
  'opportunityinsights.org',
  'orcid.org',
  'registry.ollama.ai',
  'repec.org',
  'repo-prod.prod.sagebase.org',
  'repo-staging.prod.sagebase.org',
  'resource.metadatacenter.org',
  'rmq.n3c.ncats.io',
  'sleepdata.org',
  'stage.qdr.org',
  'www.icpsr.umich.edu',
] as const;

/** None covers another: Squid refuses such a list. */
export const ALLOWED_DOMAINS = [
  ...AWS,
  ...REGISTRIES,
  ...CODE,
  ...PACKAGES,
  ...SYSTEMS,
  ...COMMONS,
  ...SCIENCE,
] as const;

/** Is the name, or the domain with all below it where it begins with a dot, part of the other one? */
export const covers = (domain: string, other: string): boolean =>
  domain.startsWith('.') ? `.${other.replace(/^\./, '')}`.endsWith(domain) : domain === other;

/** What would cover it: `.a.org` and `.org` for the name `a.org`, `.org` for the domain `.a.org`. */
const coverings = (domain: string): string[] => {
  const labels = domain.replace(/^\./, '').split('.');
  return labels.map((_, index) => `.${labels.slice(index).join('.')}`).filter((covering) => covering !== domain);
};

/** Sorted, each once, without those that another one covers. */
export const withoutCovered = (domains: readonly string[]): string[] => {
  const unique = new Set(domains);
  return [...unique].sort().filter((domain) => coverings(domain).every((covering) => !unique.has(covering)));
};
