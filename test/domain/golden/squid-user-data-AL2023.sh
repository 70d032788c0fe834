#!/bin/bash
# Written by Eyrie. The instance is replaced, not changed: edits here are lost.
set -Eeuo pipefail
exec > >(tee -a /var/log/eyrie-squid.log) 2>&1
stopped() { local status=$?; [ "$status" = 0 ] || echo "eyrie: squid could not be set up: line $1, ${2%%$'\n'*} ended with $status" > /dev/console; }
trap 'stopped "$LINENO" "$BASH_COMMAND"' ERR
retry() { for try in 1 2 3 4 5 6; do "$@" && return 0; sleep $((try * 5)); done; return 1; }

retry dnf install --assumeyes squid openssl iptables-nft

cat > /etc/squid/allowed-domains.txt <<'EYRIE'
.agdr.org.nz
.agha.umccr.org
.alpinelinux.org
.amazonaws.com
.amazonaws.com.cn
.amazoncognito.com
.amazonlinux.com
.anaconda.com
.anaconda.org
.apache.org
.aws
.aws.amazon.com
.bioconda.github.io
.bioconductor.org
.bionimbus.org
.bitbucket.org
.bloodpac.org
.braincommons.org
.broadinstitute.org
.bsc.es
.cancer.gov
.cancerimagingarchive.net
.caninedc.org
.canonical.com
.census.gov
.centos.org
.chordshealth.org
.cloud.google.com
.cloudflarestorage.com
.cloudfront.net
.completegenomics.com
.continuum.io
.covidtracking.com
.cpan.org
.crates.io
.data-commons.org
.datacommons.io
.datastage.io
.debian.net
.debian.org
.diseasedatahub.org
.docker.com
.docker.io
.dockerproject.org
.dph.illinois.gov
.ebi.ac.uk
.ensembl.org
.fedoraproject.org
.figshare.com
.gcr.io
.gen3.org
.genome.jp
.ghcr.io
.github.com
.githubusercontent.com
.gitlab.com
.gnu.org
.golang.org
.googleapis.com
.googlesource.com
.googleusercontent.com
.healdata.org
.hf.co
.huggingface.co
.idph.illinois.gov
.immport.org
.k8s.io
.kegg.jp
.kernel.org
.kidsfirstdrc.org
.launchpad.net
.m3aicommons.org
.mathworks.com
.maven.org
.mcr.microsoft.com
.metabolomicsworkbench.org
.metacpan.org
.midrc.org
.nesi.org.nz
.nextflow.io
.nf-co.re
.niaiddata.org
.nih.gov
.nodesource.com
.novocraft.com
.npmjs.org
.nvcr.io
.occ-data.org
.ohsu-comp-bio.github.io
.oicr.on.ca
.opensciencedatacloud.org
.osf.io
.osuosl.org
.pandemicresponsecommons.org
.pedscommons.org
.perl.org
.pkg.dev
.planx-ci.io
.planx-pla.net
.postgresql.org
.@python-index@
.pypi.python.org
.pythonhosted.org
.pytorch.org
.quay.io
.r-project.org
.rcsb.org
.rstudio.com
.rubygems.org
.rust-lang.org
.sanger.ac.uk
.seqera.io
.snapcraft.io
.snapcraftcontent.com
.sourceforge.net
.spack.io
.theanvil.io
.themmrf.org
.ubuntu.com
.uc-cdis.github.io
.ucsc.edu
.uniprot.org
.visitdata.org
.wriwindber.org
.yarnpkg.com
.zenodo.org
api.epigraphdb.org
api.monqcle.com
archive.linux.duke.edu
bay.uchicago.edu
biodata-integration-tests.net
bionimbus.tabix.oicrsofteng.org
calypr.org
cernvm.cern.ch
clinicaltrials.gov
covidstoplight.org
cpan.mirrors.tds.net
cran.case.edu
cran.cnr.berkeley.edu
cran.cs.wwu.edu
cran.fhcrc.org
cran.mtu.edu
cran.stat.ucla.edu
cran.wustl.edu
cri-app02.bsd.uchicago.edu
csc.mcs.sdsmt.edu
curl.haxx.se
curl.se
dap.digitalgov.gov
data.cityofchicago.org
data.mendeley.com
data.qdr.syr.edu
data.stage.qdr.org
data.trade.gov
dataguids.org
dataverse.harvard.edu
decider.oicrsofteng.org
dl.google.com
dmas.berkeley.edu
download.java.net
download.oracle.com
dream.annailabs.com
ecsft.cern.ch
fmwww.bc.edu
ftp.linux.ncsu.edu
git.io
gopkg.in
idp.stage.qdr.org
ks.osdc.io
lib.stat.cmu.edu
mps.csb.pitt.edu
mran.microsoft.com
neurodeb.pirsquared.org
nvidia.github.io
opportunityinsights.org
orcid.org
registry.ollama.ai
repec.org
repo-prod.prod.sagebase.org
repo-staging.prod.sagebase.org
resource.metadatacenter.org
rmq.n3c.ncats.io
rweb.quant.ku.edu
sleepdata.org
stage.qdr.org
streaming.stat.iastate.edu
vpodc.org
www.icpsr.umich.edu
www.lua.org
EYRIE

cat > /etc/squid/squid.conf <<'EYRIE'
cache_effective_user squid
cache_effective_group squid
http_port 127.0.0.1:3128
http_port 3129 intercept
https_port 3130 intercept ssl-bump name=tls generate-host-certificates=on tls-cert=/etc/squid/ssl/squid.pem
sslcrtd_program /usr/lib64/squid/security_file_certgen -s /var/lib/squid/ssl_db -M 4MB
sslcrtd_children 2 startup=1 idle=1

acl workspace src 192.168.0.0/16
acl web port 80 443
acl intercepted_tls myportname tls
acl allowed_http dstdomain "/etc/squid/allowed-domains.txt"
acl allowed_tls ssl::server_name "/etc/squid/allowed-domains.txt"
acl step1 at_step SslBump1
acl step2 at_step SslBump2

# The name is only known after the first look; a connection without a listed one ends there.
ssl_bump peek step1
ssl_bump terminate step2 !allowed_tls
# Spliced here, it would be checked against this DNS answer of ours: names with many addresses would fail at random.
ssl_bump peek step2
ssl_bump splice all

# Whom to trust is the client's business: a doubt of Squid's own would put a certificate of Squid in front of it.
sslproxy_cert_error allow all

http_access deny !web
http_access allow localhost allowed_http
http_access allow workspace intercepted_tls
http_access allow workspace allowed_http
http_access deny all

# Nothing is stored: the proxy filters, it does not cache.
cache deny all
shutdown_lifetime 3 seconds
access_log daemon:/var/log/squid/access.log
EYRIE

mkdir -p /etc/squid/ssl /var/lib/squid
test -s /etc/squid/ssl/squid.crt || openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=squid -keyout /etc/squid/ssl/squid.key -out /etc/squid/ssl/squid.crt
cat /etc/squid/ssl/squid.key /etc/squid/ssl/squid.crt > /etc/squid/ssl/squid.pem
test -d /var/lib/squid/ssl_db || /usr/lib64/squid/security_file_certgen -c -s /var/lib/squid/ssl_db -M 4MB
chown -R squid:squid /etc/squid/ssl /var/lib/squid
chmod -R go-rwx /etc/squid/ssl

cat > /etc/sysctl.d/90-eyrie.conf <<'EYRIE'
net.ipv4.ip_forward = 1
EYRIE
sysctl --system > /dev/null

cat > /usr/local/sbin/eyrie-squid <<'EYRIE'
#!/bin/bash
set -Eeuo pipefail
stopped() { local status=$?; [ "$status" = 0 ] || echo "eyrie: squid could not be set up: line $1, ${2%%$'\n'*} ended with $status" > /dev/console; }
trap 'stopped "$LINENO" "$BASH_COMMAND"' ERR
iptables -t nat -F PREROUTING
iptables -t nat -F OUTPUT
iptables -t nat -A PREROUTING -s 192.168.0.0/16 ! -d 192.168.0.0/16 -p tcp --dport 80 -j REDIRECT --to-ports 3129
iptables -t nat -A OUTPUT ! -d 192.168.0.0/16 -p tcp --dport 80 -m owner --uid-owner nobody -j REDIRECT --to-ports 3129
iptables -t nat -A PREROUTING -s 192.168.0.0/16 ! -d 192.168.0.0/16 -p tcp --dport 443 -j REDIRECT --to-ports 3130
iptables -t nat -A OUTPUT ! -d 192.168.0.0/16 -p tcp --dport 443 -m owner --uid-owner nobody -j REDIRECT --to-ports 3130
iptables -F FORWARD
iptables -A FORWARD -s 192.168.0.0/16 ! -d 192.168.0.0/16 -j REJECT
reach() { runuser -u nobody -- curl --fail --silent --show-error --noproxy "*" --output /dev/null --max-time 20 "$1"; }
until reach http://checkip.amazonaws.com/ && reach https://checkip.amazonaws.com/; do
  sleep 5
done
echo 'eyrie: squid is ready' > /dev/console
EYRIE
chmod 0755 /usr/local/sbin/eyrie-squid

cat > /etc/systemd/system/eyrie-squid.service <<'EYRIE'
[Unit]
Description=Redirect of web traffic to Squid, and its ready marker
Wants=network-online.target
After=network-online.target squid.service

[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutStartSec=infinity
ExecStart=/usr/local/sbin/eyrie-squid

[Install]
WantedBy=multi-user.target
EYRIE

systemctl daemon-reload
systemctl enable squid eyrie-squid
systemctl restart squid
systemctl start --no-block eyrie-squid
