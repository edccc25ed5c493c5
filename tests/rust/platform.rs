//! struct iommu_plat in Rust, over the simulator. A kernel has the same functions over its own memory and registers.

use crate::sys::{self, Plat, Sim};
use core::ffi::{c_char, c_int, c_void, CStr};
use std::ptr;

const PAGE: u64 = 4096;

/// The simulated machine and its free pages.
pub struct Machine {
    pub sim: *mut Sim,
    free: Vec<bool>,
    base: u64,
}

impl Machine {
    /// `pages` pages from `base` upward are given to the driver.
    pub fn new(sim: *mut Sim, base: u64, pages: usize) -> Box<Self> {
        Box::new(Self { sim, free: vec![true; pages], base })
    }

    pub fn pages_in_use(&self) -> usize {
        self.free.iter().filter(|&&f| !f).count()
    }

    /// The machine must stay where it is as long as the driver uses the result.
    pub fn plat(&mut self) -> Plat {
        Plat {
            ctx: ptr::from_mut(self).cast(),
            reg_read32,
            reg_read64,
            reg_write32,
            reg_write64,
            mem_read64,
            mem_write64,
            mem_fill64: None,
            mem_sync,
            page_alloc,
            page_free,
            now_ns,
            relax,
            lock: None,
            unlock: None,
            log: Some(log),
            mem_write128: None,
            device_silent: None,
        }
    }

    fn alloc(&mut self, order: u32) -> Option<u64> {
        let count = 1usize.checked_shl(order)?;
        let align = PAGE << order;
        let mut first = 0;
        while first + count <= self.free.len() {
            let pa = self.base + first as u64 * PAGE;
            if pa % align == 0 && self.free[first..first + count].iter().all(|&f| f) {
                let zeros = vec![0u8; count * PAGE as usize];
                // SAFETY: the buffer is as long as told; the simulator checks the address.
                if unsafe { sys::sim_mem_store(self.sim, pa, zeros.as_ptr().cast(), zeros.len()) } != 0 {
                    return None;
                }
                self.free[first..first + count].fill(false);
                return Some(pa);
            }
            first += 1;
        }
        None
    }

    fn release(&mut self, pa: u64, order: u32) {
        let first = ((pa - self.base) / PAGE) as usize;
        for used in &mut self.free[first..first + (1 << order)] {
            assert!(!*used, "page {pa:#x} was given back twice");
            *used = true;
        }
    }
}

// SAFETY of everything below: ctx is what plat() put there, a Machine that outlives the unit, and the driver calls one function
// at a time.
unsafe fn machine<'a>(ctx: *mut c_void) -> &'a mut Machine {
    &mut *ctx.cast()
}

unsafe extern "C" fn reg_read32(ctx: *mut c_void, unit: u32, off: u32) -> u32 {
    sys::sim_reg_read(machine(ctx).sim, unit, off, 4) as u32
}

unsafe extern "C" fn reg_read64(ctx: *mut c_void, unit: u32, off: u32) -> u64 {
    sys::sim_reg_read(machine(ctx).sim, unit, off, 8)
}

unsafe extern "C" fn reg_write32(ctx: *mut c_void, unit: u32, off: u32, val: u32) {
    sys::sim_reg_write(machine(ctx).sim, unit, off, 4, val.into());
}

unsafe extern "C" fn reg_write64(ctx: *mut c_void, unit: u32, off: u32, val: u64) {
    sys::sim_reg_write(machine(ctx).sim, unit, off, 8, val);
}

unsafe extern "C" fn mem_read64(ctx: *mut c_void, pa: u64) -> u64 {
    sys::sim_cpu_read64(machine(ctx).sim, pa)
}

unsafe extern "C" fn mem_write64(ctx: *mut c_void, pa: u64, val: u64) {
    sys::sim_cpu_write64(machine(ctx).sim, pa, val);
}

unsafe extern "C" fn mem_sync(ctx: *mut c_void, pa: u64, size: u64, how: c_int) {
    sys::sim_cpu_sync(machine(ctx).sim, pa, size, how == sys::SYNC_FLUSH);
}

unsafe extern "C" fn page_alloc(ctx: *mut c_void, order: u32) -> u64 {
    machine(ctx).alloc(order).unwrap_or(0)
}

unsafe extern "C" fn page_free(ctx: *mut c_void, pa: u64, order: u32) {
    machine(ctx).release(pa, order);
}

unsafe extern "C" fn now_ns(ctx: *mut c_void) -> u64 {
    sys::sim_now_ns(machine(ctx).sim)
}

unsafe extern "C" fn relax(ctx: *mut c_void) {
    sys::sim_relax(machine(ctx).sim);
}

unsafe extern "C" fn log(_ctx: *mut c_void, _level: c_int, text: *const c_char) {
    println!("    driver: {}", CStr::from_ptr(text).to_string_lossy());
}
