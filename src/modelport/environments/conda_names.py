"""Which conda packages are called otherwise on PyPI, which need not be installed, and which cannot be had there.

The tables hold names that conda files of model deployments are known to use; every other name is taken to be the same
on both sides, and the solver says so if it is not.
"""

from __future__ import annotations

import re
from typing import Final

RENAMED: Final[dict[str, str]] = {
    "arrow-cpp": "pyarrow",
    "blosc-python": "blosc",
    "brotli-python": "brotli",
    "dask-core": "dask",
    "faiss": "faiss-cpu",
    "keras-base": "keras",
    "keras-gpu": "keras",
    "matplotlib-base": "matplotlib",
    "mlflow-skinny-base": "mlflow-skinny",
    "msgpack-python": "msgpack",
    "numpy-base": "numpy",
    "onnxruntime-cpp": "onnxruntime",
    "opencv": "opencv-python-headless",
    "psycopg2": "psycopg2-binary",
    "py-lightgbm": "lightgbm",
    "py-opencv": "opencv-python-headless",
    "py-xgboost": "xgboost",
    "py-xgboost-cpu": "xgboost",
    "py-xgboost-gpu": "xgboost",
    "pyqt": "pyqt5",
    "pytables": "tables",
    "python-flatbuffers": "flatbuffers",
    "python-graphviz": "graphviz",
    "python-kubernetes": "kubernetes",
    "python-lmdb": "lmdb",
    "pytorch": "torch",
    "pytorch-cpu": "torch",
    "pytorch-gpu": "torch",
    "ruamel_yaml": "ruamel-yaml",
    "seaborn-base": "seaborn",
    "spacy-base": "spacy",
    "tensorflow-base": "tensorflow",
    "tensorflow-eigen": "tensorflow",
    "tensorflow-gpu": "tensorflow",
    "tensorflow-mkl": "tensorflow",
    "torchvision-cpu": "torchvision",
}

_LIBRARY: Final = "the packages from PyPI bring the libraries they need"
_TOOL: Final = "it only builds packages, and packages come built"
_CUDA: Final = "the GPU libraries come with the packages from PyPI"
_ELSEWHERE: Final = "it belongs to another operating system"

_SKIPPED_GROUPS: Final[dict[str, str]] = {
    _LIBRARY: (
        "_libgcc_mutex _openmp_mutex _py-xgboost-mutex _tflow_select abseil-cpp blas blosc brotli-bin bzip2 "
        "c-ares ca-certificates dbus expat fontconfig freetype glib gmp gst-plugins-base gstreamer hdf5 icu "
        "intel-openmp jpeg krb5 lame lcms2 ld_impl_linux-64 lerc libblas libcblas libcurl libedit libev "
        "libffi libfaiss libgcc libgcc-ng libgfortran libgfortran-ng libgfortran4 libgfortran5 libgomp "
        "libiconv liblapack liblapacke libllvm10 libllvm14 libnghttp2 libnsl libopenblas libopencv libpng "
        "libprotobuf libsodium libssh2 libstdcxx-ng libtiff libuuid libuv libwebp libwebp-base libxcb "
        "libxgboost libxml2 libzlib llvm-openmp lz4-c mkl mkl-include mkl-service mkl_fft mkl_random mpc mpfr "
        "ncurses ninja-base nomkl nspr nss openblas openjpeg openssl openh264 pcre pcre2 pthread-stubs "
        "python_abi pytorch-mutex qt qt-main re2 readline snappy sqlite tbb tk xorg-libxau xorg-libxdmcp xz "
        "yaml zeromq zlib zstd"
    ),
    _TOOL: (
        "binutils binutils_impl_linux-64 binutils_linux-64 c-compiler compilers cxx-compiler fortran-compiler gcc "
        "gcc_impl_linux-64 gcc_linux-64 gfortran gfortran_linux-64 gxx gxx_impl_linux-64 gxx_linux-64 "
        "kernel-headers_linux-64 make pkg-config sysroot_linux-64"
    ),
    _CUDA: "cpuonly cuda cuda-cudart cuda-libraries cuda-runtime cuda-toolkit cudatoolkit cudnn nccl pytorch-cuda",
    _ELSEWHERE: (
        "appnope libcxx m2w64-gcc-libs m2w64-gcc-libs-core msys2-conda-epoch python.app pyobjc-core pyreadline pywin32 "
        "pywinpty vc vs2015_runtime win_inet_pton wincertstore winpty"
    ),
    "uv installs the packages": "conda conda-build mamba pip",
}

SKIPPED: Final[dict[str, str]] = {
    name: reason for reason, names in _SKIPPED_GROUPS.items() for name in names.split()
}
"""Conda packages that are left out, and why that is right."""

_PROGRAMS: Final = (
    "bash cmake-base coreutils curl ffmpeg gdal geos git go graphviz imagemagick java-jdk julia jq maven nginx nodejs "
    "openjdk openmpi pandoc perl poppler postgresql proj r r-base r-essentials redis ruby rust samtools tesseract "
    "texlive-core unixodbc wget"
)
NOT_PYTHON: Final[frozenset[str]] = frozenset(_PROGRAMS.split())
"""Conda packages that are programs or libraries in their own right: PyPI has nothing that could stand in for them."""

_NOT_PYTHON_PATTERN: Final = re.compile(r"r-.+")


def is_not_python(name: str) -> bool:
    """Whether the conda package is a program that PyPI cannot give.

    >>> is_not_python("nodejs"), is_not_python("r-ggplot2"), is_not_python("numpy")
    (True, True, False)
    """
    return name in NOT_PYTHON or _NOT_PYTHON_PATTERN.fullmatch(name) is not None
