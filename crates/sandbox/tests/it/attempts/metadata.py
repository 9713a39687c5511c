"""Making tools outside obey: hooks, editor tasks, shell hooks and agent settings."""

import os
import shutil
import threading

from attempt import attempt, check, libc, syscall
from files import write

EXISTING = "metadata-existing"
MISSING = "metadata-missing"
NESTED = "metadata-nested"


@attempt(EXISTING)
def change_git_config(arena):
    write(arena.free(".git", "config"), "a")


@attempt(EXISTING)
def add_git_hook(arena):
    write(arena.free(".git", "hooks", "post-checkout"))


@attempt(EXISTING)
def remove_repository(arena):
    shutil.rmtree(arena.free(".git"))


@attempt(EXISTING)
def move_repository_away(arena):
    os.rename(arena.free(".git"), arena.free("old"))


@attempt(EXISTING)
def replace_envrc(arena):
    write(arena.free("mine"))
    os.replace(arena.free("mine"), arena.free(".envrc"))


@attempt(EXISTING)
def append_to_envrc(arena):
    write(arena.free(".envrc"), "a")


@attempt(EXISTING)
def make_envrc_executable(arena):
    os.chmod(arena.free(".envrc"), 0o777)


@attempt(EXISTING)
def remove_envrc(arena):
    os.unlink(arena.free(".envrc"))


@attempt(EXISTING)
def change_editor_settings(arena):
    write(arena.free(".vscode", "tasks.json"))


@attempt(EXISTING)
def change_git_config_through_link(arena):
    os.symlink(".git", arena.free("plain"))
    write(arena.free("plain", "config"), "a")


@attempt(EXISTING)
def change_git_config_through_hard_link(arena):
    os.link(arena.free(".git", "config"), arena.free("hard"))
    write(arena.free("hard"), "a")


@attempt(MISSING)
def make_repository_below(arena):
    os.makedirs(arena.free("directory", ".git", "hooks"))


@attempt(MISSING)
def make_envrc_below(arena):
    write(arena.free("directory", ".envrc"))


@attempt(MISSING)
def make_agent_settings(arena):
    os.mkdir(arena.free(".claude"))


@attempt(MISSING)
def make_editor_settings_in_a_new_directory(arena):
    os.makedirs(arena.free("a", "b", "c"))
    os.mkdir(arena.free("a", "b", "c", ".vscode"))


@attempt(MISSING)
def rename_directory_to_repository(arena):
    os.makedirs(arena.free("prepared", "hooks"))
    os.rename(arena.free("prepared"), arena.free("directory", ".git"))


@attempt(MISSING)
def link_file_to_envrc(arena):
    os.link(arena.free("file"), arena.free("directory", ".envrc"))


@attempt(MISSING)
def make_envrc_as_link(arena):
    os.symlink("file", arena.free("directory", ".envrc"))


@attempt(MISSING)
def make_envrc_through_dangling_link(arena):
    os.symlink(arena.free("directory", ".envrc"), arena.free("innocent"))
    write(arena.free("innocent"))


@attempt(MISSING)
def make_envrc_through_chain_of_links(arena):
    os.symlink("two", arena.free("one"))
    os.symlink("directory/three", arena.free("two"))
    os.symlink(".envrc", arena.free("directory", "three"))
    write(arena.free("one"))


@attempt(MISSING)
def make_repository_in_other_letters(arena):
    os.mkdir(arena.free("directory", ".GIT"))


@attempt(MISSING)
def make_repository_with_slash_at_end(arena):
    os.mkdir(arena.free("directory", ".git") + "//")


@attempt(MISSING)
def make_pipe_as_envrc(arena):
    os.mkfifo(arena.free("directory", ".envrc"))


@attempt(MISSING)
def make_envrc_by_descriptor(arena):
    directory = os.open(arena.free("directory"), os.O_RDONLY)
    os.open(".envrc", os.O_CREAT | os.O_WRONLY, dir_fd=directory)


@attempt(MISSING)
def make_envrc_by_old_call(arena):
    SYS_creat = 85
    syscall(SYS_creat, arena.free("directory", ".envrc").encode(), 0o644)


@attempt(MISSING)
def make_envrc_by_openat2(arena):
    import ctypes

    SYS_openat2 = 437
    how = (ctypes.c_uint64 * 3)(os.O_CREAT | os.O_WRONLY, 0o644, 0)
    syscall(SYS_openat2, -100, arena.free("directory", ".envrc").encode(), how, 24)


@attempt(MISSING)
def exchange_directory_with_repository(arena):
    os.makedirs(arena.free("prepared", "hooks"))
    RENAME_EXCHANGE = 2
    check(libc.renameat2(-100, arena.free("prepared").encode(), -100, arena.free(".git").encode(), RENAME_EXCHANGE))


@attempt(NESTED)
def add_hook_to_nested_repository(arena):
    write(arena.free("nested", "deep", ".git", "hooks", "pre-commit"))


@attempt(NESTED)
def point_worktree_elsewhere(arena):
    write(arena.free("worktree", ".git"))


@attempt(NESTED)
def change_git_directory_of_worktree(arena):
    write(arena.free("store", "config"))


@attempt(NESTED)
def add_hook_to_git_directory_of_worktree(arena):
    os.makedirs(arena.free("store", "hooks"), exist_ok=True)
    write(arena.free("store", "hooks", "post-checkout"))


@attempt(NESTED)
def change_bare_repository(arena):
    write(arena.free("bare", "config"))


@attempt(NESTED)
def move_parent_and_change_nested_repository(arena):
    os.rename(arena.free("nested"), arena.free("elsewhere"))
    try:
        write(arena.free("elsewhere", "deep", ".git", "config"), "a")
    finally:
        os.rename(arena.free("elsewhere"), arena.free("nested"))


@attempt(NESTED)
def make_submodule_in_nested_directory(arena):
    os.mkdir(arena.free("nested", "other"))
    write(arena.free("nested", "other", ".git"))
