# syntax=docker/dockerfile:1
# Heddle as it runs: the explorer's page and the packages are made in stages of their own, so that the image holds no
# compiler, no npm and no uv. `--target development` has what stands in for the outside services as well.

ARG PYTHON=3.11-slim-bookworm
ARG NODE=20-bookworm-slim

FROM node:${NODE} AS explorer
WORKDIR /heddle/explorer
COPY explorer/package.json explorer/package-lock.json explorer/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY explorer ./
RUN npm run build

FROM python:${PYTHON} AS packages
ENV UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /heddle
RUN pip install --no-cache-dir uv==0.13.9
COPY pyproject.toml uv.lock ./
RUN --mount=type=cache,target=/root/.cache/uv uv sync --locked --no-dev

FROM packages AS all-packages
RUN --mount=type=cache,target=/root/.cache/uv uv sync --locked

FROM python:${PYTHON} AS base
ENV PATH=/heddle/.venv/bin:$PATH PYTHONUNBUFFERED=1 HEDDLE_HOST=0.0.0.0 HEDDLE_DATA=/data
RUN useradd --system --uid 10001 --no-create-home heddle && install --directory --owner heddle --mode 700 /data
WORKDIR /heddle
COPY pyproject.toml uv.lock LICENSE server.py house.py ./
COPY commands commands
COPY gateway gateway
COPY schema schema
COPY resolvers resolvers
COPY loaders loaders
COPY datasources datasources
RUN python -m compileall -q .
COPY --from=explorer /heddle/explorer/dist explorer/dist
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as http; http.urlopen('http://127.0.0.1:8000/health/live', timeout=3)"]
ENTRYPOINT ["python", "server.py"]

FROM base AS development
COPY --from=all-packages /heddle/.venv .venv
USER 10001

FROM base AS production
ENV HEDDLE_ENV=production
COPY --from=packages /heddle/.venv .venv
USER 10001
