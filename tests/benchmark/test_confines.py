from __future__ import annotations

import pytest

from edgefer.benchmark import candidate
from edgefer.benchmark.candidate import all_threads
from edgefer.benchmark.confines import container, cpu_quota, virtual_machine


@pytest.fixture
def tree(tmp_path):
    """Write files below a folder, given as a mapping; returns the folder."""

    def write(files):
        for place, content in files.items():
            (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / place).write_text(f"{content}\n")
        return tmp_path

    return write


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        # Version 2 in a container: the group's own root is mounted.
        ({"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "150000 100000"}, 1.5),
        ({"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "max 100000"}, None),
        # Version 2 on the host: a slice above the process is tighter than its own.
        (
            {
                "proc/self/cgroup": "0::/user.slice/job.scope",
                "sys/fs/cgroup/user.slice/cpu.max": "200000 100000",
                "sys/fs/cgroup/user.slice/job.scope/cpu.max": "400000 100000",
            },
            2.0,
        ),
        # Version 1, whose path is the host's and not there.
        (
            {
                "proc/self/cgroup": "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n0::/",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "300000",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
            },
            3.0,
        ),
        (
            {
                "proc/self/cgroup": "1:cpu:/",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
            },
            None,
        ),
        # Another controller's group says nothing of the CPU.
        (
            {
                "proc/self/cgroup": "1:cpuset:/",
                "sys/fs/cgroup/cpuset/cpu.cfs_quota_us": "100000",
                "sys/fs/cgroup/cpuset/cpu.cfs_period_us": "100000",
            },
            None,
        ),
        ({"proc/self/cgroup": "nonsense"}, None),
        ({}, None),
    ],
)
def test_the_tightest_quota_holds(tree, files, quota):
    assert cpu_quota(tree(files)) == quota


@pytest.mark.parametrize(("quota", "threads"), [(None, 4), (8.0, 4), (2.0, 2), (2.9, 2), (0.5, 1)])
def test_all_threads_are_no_more_than_the_quota_pays_for(monkeypatch, quota, threads):
    monkeypatch.setattr(candidate, "cores", lambda: [0, 1, 2, 3])
    monkeypatch.setattr(candidate, "cpu_quota", lambda: quota)
    assert all_threads() == threads


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({".dockerenv": ""}, "Docker"),
        ({"run/.containerenv": ""}, "Podman"),
        ({"proc/self/environ": "A=1\0KUBERNETES_SERVICE_HOST=10.0.0.1\0"}, "Kubernetes"),
        ({"proc/self/cgroup": "1:cpu:/lxc/box"}, "lxc"),
        ({"proc/self/cgroup": "0::/user.slice"}, ""),
    ],
)
def test_containers(tree, files, name):
    assert container(tree(files)) == name


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"proc/sys/kernel/osrelease": "5.15.167.4-microsoft-standard-WSL2"}, "WSL"),
        ({"proc/cpuinfo": "flags\t\t: fpu hypervisor sse", "sys/class/dmi/id/sys_vendor": "QEMU"}, "QEMU"),
        ({"proc/cpuinfo": "flags\t\t: fpu hypervisor"}, "yes"),
        ({"proc/cpuinfo": "flags\t\t: fpu sse", "sys/class/dmi/id/sys_vendor": "Dell Inc."}, ""),
    ],
)
def test_virtual_machines(tree, files, name):
    assert virtual_machine(tree(files)) == name
