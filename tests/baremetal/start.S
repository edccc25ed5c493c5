/*
 * Start-up: from the 32-bit state that a multiboot loader leaves (Multiboot Specification 0.6.96, 3.2, Machine state) to
 * 64-bit code with the first 4 GiB mapped to themselves. The fourth GiB, where registers are, is not cached.
 */
	.set MB_MAGIC, 0x1BADB002
	.set MB_FLAGS, 0
	.set PTE_TABLE, 0x003		/* present, writable */
	.set PTE_PAGE, 0x083		/* ... and a page of 2 MiB */
	.set PTE_DEVICE, 0x09B		/* ... not cached: PCD and PWT */
	.set FIRST_DEVICE, 0xC0000000 >> 21
	.set SELECTOR_CODE, 0x08

	.section .multiboot, "a"
	.align 4
	.long MB_MAGIC, MB_FLAGS, -(MB_MAGIC + MB_FLAGS)

	.section .text.start, "ax"
	.code32
	.globl _start
_start:
	cli
	cld
	mov $stack_end, %esp

	/* The loader zeroed .bss, the tables are in it: fill what is not zero. */
	movl $pdpt + PTE_TABLE, pml4
	mov $pd + PTE_TABLE, %eax
	xor %ecx, %ecx
1:	mov %eax, pdpt(, %ecx, 8)
	add $4096, %eax
	inc %ecx
	cmp $4, %ecx
	jb 1b

	xor %ecx, %ecx
2:	mov %ecx, %eax
	shl $21, %eax
	or $PTE_PAGE, %eax
	cmp $FIRST_DEVICE, %ecx
	jb 3f
	or $PTE_DEVICE, %eax
3:	mov %eax, pd(, %ecx, 8)
	inc %ecx
	cmp $2048, %ecx
	jb 2b

	mov $pml4, %eax
	mov %eax, %cr3
	mov %cr4, %eax
	or $0x20, %eax			/* PAE */
	mov %eax, %cr4
	mov $0xC0000080, %ecx		/* EFER */
	rdmsr
	or $0x100, %eax			/* LME */
	wrmsr
	mov %cr0, %eax
	or $0x80000000, %eax		/* PG */
	mov %eax, %cr0
	lgdt gdt_pointer
	ljmp $SELECTOR_CODE, $long_mode

	.code64
long_mode:
	xor %eax, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	mov $stack_end, %rsp
	xor %ebp, %ebp
	call kmain
4:	hlt
	jmp 4b

	.section .rodata.start, "a"
	.align 8
gdt:
	.quad 0
	.quad 0x00209A0000000000	/* 64-bit code */
gdt_pointer:
	.word gdt_pointer - gdt - 1
	.long gdt

	.section .bss, "aw", @nobits
	.align 4096
pml4:	.skip 4096
pdpt:	.skip 4096
pd:	.skip 4 * 4096
	.skip 32768
stack_end:

	.section .note.GNU-stack, "", @progbits
