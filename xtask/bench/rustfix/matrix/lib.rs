//! Integer matrices: arithmetic, powers, determinants.

use std::ops::{Add, Index, IndexMut, Mul};

/// A dense matrix in row-major order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    rows: usize,
    cols: usize,
    cells: Vec<i64>,
}

/// Why an operation is not defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShapeError {
    Ragged,
    Mismatch,
    NotSquare,
}

impl Matrix {
    pub fn zero(rows: usize, cols: usize) -> Self {
        Matrix {
            rows,
            cols,
            cells: vec![0; rows * cols],
        }
    }

    pub fn identity(size: usize) -> Self {
        let mut out = Matrix::zero(size, size);
        for i in 0..size {
            out[(i, i)] = 1;
        }
        out
    }

    /// Builds a matrix from rows of equal length.
    pub fn from_rows(rows: &[Vec<i64>]) -> Result<Self, ShapeError> {
        let cols = rows.first().map_or(0, |row| row.len());
        let mut cells = Vec::with_capacity(rows.len() * cols);
        for row in rows {
            if row.len() != cols {
                return Err(ShapeError::Ragged);
            }
            cells.extend_from_slice(row);
        }
        Ok(Matrix {
            rows: rows.len(),
            cols,
            cells,
        })
    }

    pub fn shape(&self) -> (usize, usize) {
        (self.rows, self.cols)
    }

    pub fn is_square(&self) -> bool {
        self.rows == self.cols
    }

    pub fn transpose(&self) -> Matrix {
        let mut out = Matrix::zero(self.cols, self.rows);
        for row in 0..self.rows {
            for col in 0..self.cols {
                out[(col, row)] = self[(row, col)];
            }
        }
        out
    }

    pub fn checked_mul(&self, other: &Matrix) -> Result<Matrix, ShapeError> {
        if self.cols != other.rows {
            return Err(ShapeError::Mismatch);
        }
        let mut out = Matrix::zero(self.rows, other.cols);
        for i in 0..self.rows {
            for j in 0..other.cols {
                let mut sum = 0;
                for k in 0..self.cols {
                    sum += self[(i, k)] * other[(k, j)];
                }
                out[(i, j)] = sum;
            }
        }
        Ok(out)
    }

    /// The matrix multiplied by itself `exponent` times.
    pub fn pow(&self, mut exponent: u32) -> Result<Matrix, ShapeError> {
        if !self.is_square() {
            return Err(ShapeError::NotSquare);
        }
        let mut result = Matrix::identity(self.rows);
        let mut base = self.clone();
        while exponent > 0 {
            if exponent % 2 == 1 {
                result = result.checked_mul(&base)?;
            }
            base = base.checked_mul(&base)?;
            exponent /= 2;
        }
        Ok(result)
    }

    /// The sum of the diagonal.
    pub fn trace(&self) -> Result<i64, ShapeError> {
        if !self.is_square() {
            return Err(ShapeError::NotSquare);
        }
        Ok((0..self.rows).map(|i| self[(i, i)]).sum())
    }

    /// The matrix without one row and one column.
    pub fn minor(&self, skip_row: usize, skip_col: usize) -> Matrix {
        let mut cells = Vec::new();
        for row in 0..self.rows {
            if row == skip_row {
                continue;
            }
            for col in 0..self.cols {
                if col != skip_col {
                    cells.push(self[(row, col)]);
                }
            }
        }
        Matrix {
            rows: self.rows - 1,
            cols: self.cols - 1,
            cells,
        }
    }

    /// The determinant, by expansion along the first row.
    pub fn determinant(&self) -> Result<i64, ShapeError> {
        if !self.is_square() {
            return Err(ShapeError::NotSquare);
        }
        if self.rows == 0 {
            return Ok(1);
        }
        let mut total = 0;
        let mut sign = 1;
        for col in 0..self.cols {
            total += sign * self[(0, col)] * self.minor(0, col).determinant()?;
            sign = -sign;
        }
        Ok(total)
    }

    /// The largest absolute row sum.
    pub fn norm(&self) -> i64 {
        (0..self.rows)
            .map(|row| {
                (0..self.cols)
                    .map(|col| self[(row, col)].abs())
                    .sum::<i64>()
            })
            .max()
            .unwrap_or(0)
    }
}

impl Index<(usize, usize)> for Matrix {
    type Output = i64;

    fn index(&self, (row, col): (usize, usize)) -> &i64 {
        assert!(row < self.rows && col < self.cols, "cell out of range");
        &self.cells[row * self.cols + col]
    }
}

impl IndexMut<(usize, usize)> for Matrix {
    fn index_mut(&mut self, (row, col): (usize, usize)) -> &mut i64 {
        assert!(row < self.rows && col < self.cols, "cell out of range");
        &mut self.cells[row * self.cols + col]
    }
}

impl Add for &Matrix {
    type Output = Matrix;

    fn add(self, other: &Matrix) -> Matrix {
        assert_eq!(self.shape(), other.shape(), "shapes differ");
        let mut out = self.clone();
        for (cell, value) in out.cells.iter_mut().zip(&other.cells) {
            *cell += value;
        }
        out
    }
}

impl Mul<i64> for &Matrix {
    type Output = Matrix;

    fn mul(self, factor: i64) -> Matrix {
        let mut out = self.clone();
        for cell in &mut out.cells {
            *cell *= factor;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn m(rows: &[&[i64]]) -> Matrix {
        let rows: Vec<Vec<i64>> = rows.iter().map(|row| row.to_vec()).collect();
        Matrix::from_rows(&rows).unwrap()
    }

    #[test]
    fn builds_from_rows() {
        assert_eq!(m(&[&[1, 2, 3], &[4, 5, 6]]).shape(), (2, 3));
        let ragged = Matrix::from_rows(&[vec![1], vec![2, 3]]);
        assert_eq!(ragged, Err(ShapeError::Ragged));
    }

    #[test]
    fn indexes_by_row_and_column() {
        let a = m(&[&[1, 2, 3], &[4, 5, 6]]);
        assert_eq!(a[(0, 2)], 3);
        assert_eq!(a[(1, 0)], 4);
    }

    #[test]
    fn transposes() {
        let a = m(&[&[1, 2, 3], &[4, 5, 6]]);
        assert_eq!(a.transpose(), m(&[&[1, 4], &[2, 5], &[3, 6]]));
    }

    #[test]
    fn multiplies() {
        let a = m(&[&[1, 2, 3], &[4, 5, 6]]);
        let b = m(&[&[1, 0], &[2, 1], &[0, 3]]);
        assert_eq!(a.checked_mul(&b), Ok(m(&[&[5, 11], &[14, 23]])));
        assert_eq!(a.checked_mul(&a), Err(ShapeError::Mismatch));
    }

    #[test]
    fn raises_to_powers() {
        let fib = m(&[&[1, 1], &[1, 0]]);
        assert_eq!(fib.pow(10).unwrap()[(0, 1)], 55);
        assert_eq!(fib.pow(0).unwrap(), Matrix::identity(2));
        assert_eq!(m(&[&[1, 2, 3]]).pow(2), Err(ShapeError::NotSquare));
    }

    #[test]
    fn takes_determinants() {
        assert_eq!(m(&[&[3, 8], &[4, 6]]).determinant(), Ok(-14));
        let a = m(&[&[6, 1, 1], &[4, -2, 5], &[2, 8, 7]]);
        assert_eq!(a.determinant(), Ok(-306));
        assert_eq!(Matrix::identity(4).determinant(), Ok(1));
    }

    #[test]
    fn sums() {
        let a = m(&[&[1, -2], &[3, 4]]);
        assert_eq!(a.trace(), Ok(5));
        assert_eq!(a.norm(), 7);
        assert_eq!(&a + &a, &a * 2);
        assert_eq!((&a * 3)[(1, 0)], 9);
    }
}
