// Part of the page: where it starts.
import { render } from 'preact';
import './css/style.css';
import { App } from './ui/app.tsx';

const root = document.getElementById('page');
if (root) render(<App />, root);
