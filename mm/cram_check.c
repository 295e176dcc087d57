// SPDX-License-Identifier: GPL-2.0
/*
 * The debug net of compressed RAM: a walk through all page tables for mappings
 * that must not be there, behind debugfs cram/writable.
 */
#include <linux/cram.h>
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/node_private.h>
#include <linux/oom.h>
#include <linux/pagewalk.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "internal.h"

struct findings {
	u64 mapped;	/* pages of compressed RAM that are mapped */
	u64 writable;	/* of these, mapped writable */
};

static void look_at(struct findings *found, struct folio *folio, bool writable,
		    unsigned long nr)
{
	if (!folio || !folio_is_write_protected(folio))
		return;
	found->mapped += nr;
	found->writable += writable ? nr : 0;
}

static int check_pte(pte_t *ptep, unsigned long addr, unsigned long next,
		     struct mm_walk *walk)
{
	pte_t pte = ptep_get(ptep);

	if (pte_present(pte))
		look_at(walk->private, vm_normal_folio(walk->vma, addr, pte),
			pte_write(pte), 1);
	return 0;
}

static int check_pmd(pmd_t *pmdp, unsigned long addr, unsigned long next,
		     struct mm_walk *walk)
{
	spinlock_t *ptl = pmd_trans_huge_lock(pmdp, walk->vma);
	pmd_t pmd;

	if (!ptl)
		return 0;
	pmd = *pmdp;
	if (pmd_present(pmd))
		look_at(walk->private, vm_normal_folio_pmd(walk->vma, addr, pmd),
			pmd_write(pmd), HPAGE_PMD_NR);
	spin_unlock(ptl);
	walk->action = ACTION_CONTINUE;
	return 0;
}

static const struct mm_walk_ops check_ops = {
	.pmd_entry = check_pmd,
	.pte_entry = check_pte,
	.walk_lock = PGWALK_RDLOCK,
};

static void check_mm(struct mm_struct *mm, struct findings *found)
{
	mmap_read_lock(mm);
	walk_page_range(mm, 0, mm->task_size, &check_ops, found);
	mmap_read_unlock(mm);
}

/* The next process after @pid, with a reference, or NULL */
static struct task_struct *next_process(pid_t pid)
{
	struct task_struct *task, *next = NULL;

	rcu_read_lock();
	for_each_process(task)
		if (task_pid_nr(task) > pid &&
		    (!next || task_pid_nr(task) < task_pid_nr(next)))
			next = task;
	if (next)
		get_task_struct(next);
	rcu_read_unlock();
	return next;
}

/* Of @task, or of the threads that it left behind; with a reference, or NULL */
static struct mm_struct *process_mm(struct task_struct *task)
{
	struct task_struct *thread = find_lock_task_mm(task);
	struct mm_struct *mm;

	if (!thread)
		return NULL;
	mm = thread->mm;
	mmget(mm);
	task_unlock(thread);
	return mm;
}

static int writable_show(struct seq_file *m, void *unused)
{
	struct findings found = { };
	struct task_struct *task;
	pid_t pid = 0;

	while ((task = next_process(pid))) {
		struct mm_struct *mm = process_mm(task);

		pid = task_pid_nr(task);
		put_task_struct(task);
		if (!mm)
			continue;
		check_mm(mm, &found);
		mmput(mm);
		cond_resched();
	}
	seq_printf(m, "%llu of %llu\n", found.writable, found.mapped);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(writable);

static int __init cram_check_init(void)
{
	debugfs_create_file("writable", 0400, debugfs_create_dir("cram", NULL),
			    NULL, &writable_fops);
	return 0;
}
late_initcall(cram_check_init);
