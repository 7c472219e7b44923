# edgefer in a container, two targets:
#
#   docker build --target cpu -t edgefer:cpu .   ONNX Runtime on the processor, x86-64 and aarch64: camera, evaluation, benchmark
#   docker build --target gpu -t edgefer:gpu .   x86-64 with an NVIDIA GPU: training, TensorRT and engines as well
#
# Without --target it is cpu. docs/devices.md says what of this was tried.
#
#   docker run --rm edgefer:cpu doctor
#   docker run --rm -v edgefer:/home/edgefer/.cache/edgefer edgefer:cpu models get yunet        once: the face detector
#   docker run --rm -v edgefer:/home/edgefer/.cache/edgefer --device /dev/video0 --group-add video --network host \
#       edgefer:cpu run --camera 0 --web 8080                                                   then open http://127.0.0.1:8080/
#   docker run --rm -v "$PWD:/data" --user "$(id -u):$(id -g)" -e EDGEFER_HOME=/data/.edgefer \
#       edgefer:cpu run --source clip.mp4 --headless --jsonl clip.jsonl                         files of this folder
#   docker run --rm --gpus all --ipc host -v "$PWD:/data" --user "$(id -u):$(id -g)" -e EDGEFER_HOME=/data/.edgefer \
#       edgefer:gpu build-engine --precision fp16                                               needs nvidia-container-toolkit

# Debian's mirrors drop old versions of packages, so none is pinned beyond the release.
FROM debian:13.7-slim AS python
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 1000 edgefer \
 && install -d -o edgefer -g edgefer /data /home/edgefer/.cache /home/edgefer/.cache/edgefer
ENV PATH=/opt/edgefer/bin:$PATH PYTHONUNBUFFERED=1

FROM python AS source
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3-venv \
 && rm -rf /var/lib/apt/lists/* \
 && python3 -m venv /opt/edgefer
COPY pyproject.toml README.md LICENSE constraints.txt /src/
COPY recipes /src/recipes
COPY edgefer /src/edgefer

# OpenCV without windows in place of the one with: a container has no display, and windows want libGL, hundreds of megabytes.
FROM source AS build-cpu
RUN pip install --no-cache-dir -c /src/constraints.txt /src \
 && pip uninstall -y opencv-python \
 && pip install --no-cache-dir --no-deps "$(sed -n 's/^opencv-python==/opencv-python-headless==/p' /src/constraints.txt)"

# TensorRT's packages fetch its libraries from NVIDIA's index while they are installed.
FROM source AS build-gpu
RUN pip install --no-cache-dir -c /src/constraints.txt "/src[train,tensorrt]" \
 && pip uninstall -y opencv-python \
 && pip install --no-cache-dir --no-deps "$(sed -n 's/^opencv-python==/opencv-python-headless==/p' /src/constraints.txt)"

# The driver and its libraries come from the host; everything else of CUDA is in the Python packages. torch.compile, a row of
# the benchmark, wants a C compiler.
FROM python AS gpu
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev python3-dev \
 && rm -rf /var/lib/apt/lists/*
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
COPY --from=build-gpu /opt/edgefer /opt/edgefer
USER 1000:1000
WORKDIR /data
ENTRYPOINT ["edgefer"]
CMD ["--help"]

FROM python AS cpu
COPY --from=build-cpu /opt/edgefer /opt/edgefer
USER 1000:1000
WORKDIR /data
ENTRYPOINT ["edgefer"]
CMD ["--help"]
