# The image of worker, API and command line: `docker build --build-arg VERSION=… --build-arg REVISION=… -t eyrie .`
# What is in it is pinned by hash: Node and all packages by package-lock.json, the base by the digest in BASE. The build's
# own image leaves nothing in the result. scripts/release.ts refuses images that are not pinned by a digest.

# Any image with npm and a shell.
ARG BUILD=docker.io/library/node:24-slim
# Any image with glibc 2.36 or newer, libstdc++ and the certificates of public CAs. It needs no shell and no Node.
ARG BASE=gcr.io/distroless/cc-debian12:nonroot

FROM ${BUILD} AS packages
WORKDIR /eyrie
COPY package.json package-lock.json .npmrc ./
# The lock file names the sandbox as a part of the whole; nothing of it is installed.
COPY sandbox/package.json sandbox/
RUN npm ci --omit=dev --workspaces=false --ignore-scripts --no-audit --no-fund && rm -r sandbox
# Node's headers, what Temporal's library was compiled from, and what it was compiled to for other platforms.
RUN rm -r node_modules/node-linux-*/include node_modules/node-linux-*/share \
      node_modules/@temporalio/core-bridge/sdk-core node_modules/@temporalio/core-bridge/src \
 && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 \
      ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} +
COPY LICENSE ./
COPY src src
# What `eyrie doctor` asks IAM about.
COPY docs/reference/iam docs/reference/iam
COPY scripts/health.mjs scripts/keep-bundles.ts scripts/
# Each worker would make it at its start, with five seconds of CPU and 150 MiB.
RUN node_modules/.bin/node --disable-warning=ExperimentalWarning scripts/keep-bundles.ts
# What `GET /_version` calls the commit. And whatever the checkout's files may be read by: here it is everybody.
ARG REVISION=unknown
RUN echo "${REVISION}" >REVISION && chmod -R a+rX .

FROM ${BASE}
COPY --from=packages /eyrie /eyrie
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Eyrie" \
      org.opencontainers.image.description="Durable control plane for Nextflow workspaces on AWS" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# The AWS SDK wants a home, whether anything is in it or not. A worker loads a library that unpacks itself: into /tmp, the
# one folder that has to be writable.
ENV HOME=/tmp \
    EYRIE_API_HOST=0.0.0.0 \
    SWC_NATIVE_BINDING_CACHE=0
WORKDIR /eyrie
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/eyrie/node_modules/.bin/node", "--disable-warning=ExperimentalWarning", "/eyrie/src/cli/main.ts"]
CMD ["api"]
# Of whatever answers at 8080: the API as it is, a worker with `worker.metricsPort: 8080`.
HEALTHCHECK --start-period=30s CMD ["/eyrie/node_modules/.bin/node", "/eyrie/scripts/health.mjs"]
