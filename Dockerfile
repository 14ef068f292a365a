# docker build --build-arg APP_VERSION=0.1.0 --build-arg GIT_SHA="$(git rev-parse HEAD)" -t sales-auto-api:0.1.0 .
# Debian 12 builds, Debian 13 runs: every dependency is JavaScript but libsql, whose binary is content with either's glibc.
# Whoever publishes the image pins both bases by digest.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.mjs scripts/build.mjs
COPY types types
COPY src src
COPY sandbox sandbox
RUN ["npm", "run", "build"]

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN ["npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]

# No shell, no package manager, no root: only Node and what it runs.
FROM gcr.io/distroless/nodejs24-debian13:nonroot AS run
ARG APP_VERSION=dev
ARG GIT_SHA=unknown
ENV NODE_ENV=production \
    APP_VERSION=${APP_VERSION} \
    GIT_SHA=${GIT_SHA} \
    PORT=3000
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/package.json package.json
# Not dist/sandbox: production has no simulators.
COPY --from=build /app/dist/server.js dist/server.js
COPY --from=build /app/dist/src dist/src
USER nonroot
EXPOSE 3000
# Liveness, not readiness: a container that drains is not broken.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["/nodejs/bin/node", "--eval", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/nodejs/bin/node"]
CMD ["--enable-source-maps", "dist/server.js"]
