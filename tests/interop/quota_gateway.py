#!/usr/bin/python3
"""Runs as init of a user-mode-linux kernel whose root is this machine's file system, which has disk
quotas where the machine's own kernel may not: a gateway serves an ext4 file system on which the user
has a limit. Writes a line for each result into the directory that the kernel's command line names.
"""

import ctypes
import os
import pathlib
import re
import subprocess
import sys
import tempfile

NOBODY = 65534
LIMIT = 1 << 20
Q_SETQUOTA, USRQUOTA, QIF_BLIMITS = 0x800008, 0, 1


class Dqblk(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in (
        "hard", "soft", "space", "inode_hard", "inode_soft", "inodes", "time", "inode_time")]
    _fields_.append(("valid", ctypes.c_uint32))


def limit(device, uid, size):
    quota = Dqblk(hard=size // 1024, soft=size // 1024, valid=QIF_BLIMITS)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.quotactl(Q_SETQUOTA << 8 | USRQUOTA, device.encode(), uid, ctypes.byref(quota)) != 0:
        raise OSError(ctypes.get_errno(), "the quota was refused")


def run(*command):
    subprocess.run(command, check=True)


def mount_with_quotas(image, directory):
    for name in ("quota_tree", "quota_v2", "loop"):
        for module in pathlib.Path("/usr/lib/uml/modules").glob(f"*/kernel/**/{name}.ko"):
            run("insmod", module)
    run("mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-m", "0", "-O", "^has_journal,quota",
        "-E", "quotatype=usrquota", image, "32M")
    run("mount", "-o", "loop,usrquota", image, directory)
    directory.chmod(0o777)
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        if line.split()[1] == str(directory):
            return line.split()[0]
    raise RuntimeError("the file system is not mounted")


def use_quota(say):
    from gateway import Gateway  # which looks for the programs  pylint: disable=import-outside-toplevel
    gateway = Gateway(server_extra='processor = "sse"\nloops = 1')
    share = gateway.shares["files"]
    device = mount_with_quotas(gateway.directory / "image", share)
    limit(device, NOBODY, LIMIT)
    local = gateway.directory / "local"
    with gateway:
        local.write_bytes(os.urandom(LIMIT // 2))
        answer = gateway.smbclient(f"put {local} within")
        say("within the limit" if answer.returncode == 0 else f"refused: {answer.stdout}")
        local.write_bytes(os.urandom(4 * LIMIT))
        answer = gateway.smbclient(f"put {local} beyond")
        full = "NT_STATUS_DISK_FULL" in answer.stdout + answer.stderr
        say("beyond the limit: disk full" if full else f"not refused: {answer.stdout}")
        used = sum(path.stat().st_blocks * 512 for path in share.iterdir()
                   if path.stat().st_uid == NOBODY)
        say("used no more than the limit" if used <= LIMIT else f"used {used} bytes")
    (share / "root").write_bytes(bytes(4 * LIMIT))
    say("there was room for others")


def main():
    if "GLIBC_TUNABLES" not in os.environ:
        # As in kernel_client.sh.
        features = ("-AVX,-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-AVX_Fast_Unaligned_Load,-BMI2,"
                    "-XSAVEC,-XSAVE")
        os.execve(sys.argv[0], sys.argv[:1], {
            **os.environ, "GLIBC_TUNABLES": "glibc.cpu.hwcaps=" + features,
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    run("mount", "-t", "proc", "proc", "/proc")
    arguments = pathlib.Path("/proc/cmdline").read_text()
    work = pathlib.Path(re.search(r"sluice_work=(\S+)", arguments)[1])
    os.environ["SLUICE_BIN"] = re.search(r"sluice_bin=(\S+)", arguments)[1]
    with open(work / "result", "a", buffering=1, encoding="utf-8") as result:
        def say(line):
            print(line, file=result)
        try:
            memory = work / "memory"
            memory.mkdir()
            run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", memory)
            tempfile.tempdir = str(memory)
            run("ip", "link", "set", "lo", "up")
            use_quota(say)
        except BaseException as error:  # pylint: disable=broad-except
            say(f"failed: {error!r} {getattr(error, 'stderr', '')}")
        say("end")
    # User-mode-linux ends its process when the machine halts.
    pathlib.Path("/proc/sysrq-trigger").write_text("o")


if __name__ == "__main__":
    main()
